package dev.residual.bench;

import dev.residual.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/** What benchmarks of networks share: the device that computes. */
public abstract class NetworkBenchmark extends FrameworkBenchmark {

  /** {@code cpu}, {@code cuda}, or {@code cuda:1} for the second GPU. */
  @Param(Frameworks.CPU)
  public String device;

  @Override
  final String device() {
    return device;
  }

  /** The task of a workload in this precision. */
  final NetworkTask task(String workload) {
    NetworkTask task = NetworkTask.parse(workload, precision, threads());
    if (task.dtype() == DType.F16 && device.equals(Frameworks.CPU)) {
      throw new UnsupportedOperationException("f16 is measured on a GPU alone");
    }
    return task;
  }
}
