package dev.residual.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * The inference of a batch that is already in memory, batch normalisation folded.
 *
 * <p>Run with {@code make bench B=Inference}.
 */
public class InferenceBenchmark extends EngineBenchmark {

  /** The network and the images a run. */
  @Param({"resnet20-cifar x 128", "resnet18 x 1", "resnet50 x 1", "resnet50 x 32"})
  public String workload;

  @Override
  Job open(Engine opened) {
    return opened.inference(NetworkTask.parse(workload, precision, threads()));
  }

  /** One batch. */
  @Benchmark
  public void infer() {
    run();
  }
}
