package dev.residual.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * A whole training step: forward, loss, backward and SGD, on data that is already in memory.
 *
 * <p>Run with {@code make bench B=TrainingStep}.
 */
public class TrainingStepBenchmark extends NetworkBenchmark {

  /** The network and the images a step. */
  @Param({"resnet20-cifar x 128", "resnet56-cifar x 128", "resnet18 x 32", "resnet50 x 32"})
  public String workload;

  @Override
  Job open(Framework opened) {
    return opened.training(task(workload));
  }

  /** One step. */
  @Benchmark
  public void step() {
    run();
  }
}
