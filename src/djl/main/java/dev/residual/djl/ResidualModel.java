package dev.residual.djl;

import ai.djl.BaseModel;
import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import dev.residual.Backends;
import dev.residual.engine.Backend;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model of a file. Its manager owns the network: closing either frees the memory.
 *
 * <p>Where no {@code synset.txt} lies beside the file, classes have the names that {@link
 * dev.residual.io.Labels} finds.
 */
final class ResidualModel extends BaseModel {
  static final String NO_TRAINING =
      "the engine Residual infers only; dev.residual.io.training.ImageTraining trains";

  private static final String SYNSET = "synset.txt";

  private List<String> labels = List.of();

  ResidualModel(String name, NDManager manager) {
    super(name);
    this.manager = manager;
    manager.setName("residual model");
    dataType = DataType.FLOAT32;
  }

  /**
   * Loads a file, or that of a folder with this name.
   *
   * @param prefix the name of the file, with or without ending; null for the model's
   * @throws IOException naming the file, if it cannot be read
   * @throws IllegalArgumentException if an option is wrong, or the network is not supported
   */
  @Override
  public void load(Path path, @Nullable String prefix, @Nullable Map<String, ?> options)
      throws IOException {
    if (!manager.isOpen()) {
      throw new IllegalStateException("the model is closed");
    }
    if (block != null) {
      throw new UnsupportedOperationException(
          "the engine Residual loads networks of files, and runs no blocks of layers");
    }
    setModelDir(path);
    Path file =
        ModelFile.find(
            modelDir,
            prefix == null
                ? List.of(modelName, String.valueOf(modelDir.getFileName()), "model")
                : List.of(prefix));
    modelDir = file.toAbsolutePath().getParent();
    LoadedModel loaded = LoadedModel.read(file, backend(), ModelOptions.of(options));
    manager.attachInternal(NDManager.nextUid(), loaded.network());
    labels = loaded.labels();
    block = new NetworkBlock(loaded.network());
    wasLoaded = true;
  }

  private Backend backend() {
    Device device = manager.getDevice();
    return device.isGpu() ? Backends.cuda(device.getDeviceId()) : Backends.cpu();
  }

  @Override
  public InputStream getArtifactAsStream(String name) throws IOException {
    if (name.equals(SYNSET) && !labels.isEmpty() && !Files.exists(modelDir.resolve(SYNSET))) {
      return new ByteArrayInputStream(String.join("\n", labels).getBytes(StandardCharsets.UTF_8));
    }
    return super.getArtifactAsStream(name);
  }

  /** The files beside the model. */
  @Override
  public String[] getArtifactNames() {
    try (Stream<Path> files = Files.list(modelDir)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> String.valueOf(file.getFileName()))
          .sorted()
          .toArray(String[]::new);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public Trainer newTrainer(TrainingConfig config) {
    throw new UnsupportedOperationException(NO_TRAINING);
  }

  @Override
  public void save(Path folder, @Nullable String name) {
    throw new UnsupportedOperationException(
        "the engine Residual saves no models: the weights are those of the file");
  }
}
