package dev.residual.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;

/**
 * A training step against depth and batch size: both should be linear.
 *
 * <p>Run with {@code make bench B=Scaling}.
 */
@Measurement(iterations = 5, time = 1)
public class ScalingBenchmark extends NetworkBenchmark {

  /** The network and the images a step. */
  @Param({
    "resnet20-cifar x 32",
    "resnet56-cifar x 32",
    "resnet110-cifar x 32",
    "resnet1202-cifar x 32",
    "resnet20-cifar x 1",
    "resnet20-cifar x 8",
    "resnet20-cifar x 128",
    "resnet20-cifar x 512",
    "resnet50 x 1",
    "resnet50 x 8",
    "resnet50 x 32"
  })
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
