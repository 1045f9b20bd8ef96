package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchmarkTest {

  @ParameterizedTest
  @CsvSource({"train, cpu", "infer, cpu", "train, reference", "infer, reference"})
  void theSpeedIsPrinted(String mode, String backend) {
    Object[] arguments = {
      "benchmark",
      "--model",
      "resnet20-cifar",
      "--batch",
      2,
      "--mode",
      mode,
      "--input",
      8,
      "--steps",
      3,
      "--threads",
      1,
      "--backend",
      backend,
      "--json"
    };
    assertThat(Results.parse(Invocation.success(arguments).out()))
        .hasSize(1)
        .hasEntrySatisfying("imagesPerSecond", speed -> assertThat(speed).isPositive());
    arguments[arguments.length - 1] = "--precision=F32";
    assertThat(Invocation.success(arguments).out())
        .contains("resnet20-cifar, 8x8, batch 2, " + mode, "median of 3 steps");
  }
}
