package dev.residual.bench.djl;

import ai.djl.engine.Engine;
import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.tensor.DType;

/** DJL's functions over PyTorch. */
public final class DjlFramework implements dev.residual.bench.Framework {

  /** The framework, for the service loader. */
  public DjlFramework() {
    // All libraries are in jars beside this one: without them, DJL is not to download any.
    System.setProperty("ai.djl.offline", "true");
  }

  @Override
  public String description() {
    return "DJL over PyTorch, eager, channels first, for its API has no other layout";
  }

  @Override
  public Job training(NetworkTask task) {
    prepare(task);
    return new TrainingJob(task);
  }

  @Override
  public Job inference(NetworkTask task) {
    prepare(task);
    return new InferenceJob(task);
  }

  private static void prepare(NetworkTask task) {
    if (task.dtype() != DType.F32) {
      throw new UnsupportedOperationException("DJL has no autocast to " + task.dtype());
    }
    // Read once, when PyTorch is loaded.
    System.setProperty("ai.djl.pytorch.num_threads", String.valueOf(task.threads()));
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    Engine.getEngine("PyTorch");
  }
}
