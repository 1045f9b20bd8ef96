package dev.residual.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The engine {@code Residual}: residual networks and ONNX models, for inference.
 *
 * <p>Arrays have the operations that image classification needs. Others go to another engine, if
 * one is on the class path.
 */
final class ResidualEngine extends Engine {
  static final String NAME = "Residual";

  /** That of engines which infer only; engines that compute everything have lower ones. */
  static final int RANK = 10;

  static final ResidualEngine INSTANCE = new ResidualEngine();

  private ResidualEngine() {}

  /** The engine for operations that this one lacks, or null. */
  @Override
  public @Nullable Engine getAlternativeEngine() {
    Engine preferred = Engine.getInstance();
    if (preferred.getRank() >= RANK && Engine.hasEngine("PyTorch")) {
      preferred = Engine.getEngine("PyTorch");
    }
    return preferred.getRank() < RANK ? preferred : null;
  }

  @Override
  public String getEngineName() {
    return NAME;
  }

  @Override
  public int getRank() {
    return RANK;
  }

  /** The version in the manifest of the jar, which is read on the class path. */
  @Override
  public String getVersion() {
    return Objects.requireNonNullElse(
        ResidualEngine.class.getPackage().getImplementationVersion(), "unknown");
  }

  /** Whether it has what the Deep Java Library knows by this name: nothing. */
  @Override
  public boolean hasCapability(String capability) {
    return false;
  }

  @Override
  public Model newModel(String name, @Nullable Device device) {
    return new ResidualModel(name, newBaseManager(device));
  }

  @Override
  public NDManager newBaseManager() {
    return newBaseManager(null);
  }

  @Override
  public NDManager newBaseManager(@Nullable Device device) {
    return ArrayScope.system().newSubManager(device);
  }
}
