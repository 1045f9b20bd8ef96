package dev.residual.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * The inference of a batch that is already in memory, batch normalisation folded.
 *
 * <p>Run with {@code make bench B=Inference}. Besides floating types, {@code int8} is a precision:
 * convolutions of 8-bit integers, as {@code convert --int8} makes them, in Residual alone.
 */
public class InferenceBenchmark extends NetworkBenchmark {

  /** The network and the images a run. */
  @Param({"resnet20-cifar x 128", "resnet18 x 1", "resnet50 x 1", "resnet50 x 32"})
  public String workload;

  @Override
  Job open(Framework opened) {
    NetworkTask task = task(workload);
    if (!task.dtype().isFloating() && !(opened instanceof ResidualFramework)) {
      throw new UnsupportedOperationException("peers are measured with floating numbers");
    }
    return opened.inference(task);
  }

  /** One batch. */
  @Benchmark
  public void infer() {
    run();
  }
}
