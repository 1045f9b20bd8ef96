package dev.residual.bench.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.residual.bench.Framework;
import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.tensor.DType;

/** ONNX Runtime on the CPU, with all of its optimisations. */
public final class OnnxRuntimeFramework implements Framework {

  /** The framework, for the service loader. */
  public OnnxRuntimeFramework() {}

  @Override
  public String description() {
    return "ONNX Runtime "
        + OrtEnvironment.getEnvironment().getVersion()
        + ", which has no training in Java";
  }

  @Override
  public Job inference(NetworkTask task) {
    if (task.dtype() != DType.F32) {
      throw new UnsupportedOperationException(
          "ONNX Runtime has no convolution in " + task.dtype() + " on the CPU");
    }
    try {
      return new OnnxRuntimeJob(task);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
