package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.CpuRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BenchmarkTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"--int8", "--streams=2"})
  void inferenceInIntegersAndInStreamsIsMeasured(String option) {
    Object[] arguments = {
      "benchmark --model resnet20-cifar --batch 1 --input 8 --steps 3 --json --mode",
      "infer",
      option
    };
    Object[] words =
        Stream.of(arguments).flatMap(a -> Stream.of(a.toString().split(" "))).toArray();
    if (option.equals("--streams=2") || CpuRuntime.load().int8()) {
      assertThat(Results.parse(Invocation.success(words).out()).get("imagesPerSecond"))
          .isPositive();
    } else {
      assertThat(Invocation.failure(words)).contains("--int8", "VNNI");
    }
    words[words.length - 2] = "train";
    assertThat(Invocation.wrongUse(words)).contains("go with --mode infer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--model resnet20-cifar --mode infer --batch 2000000000",
        "--model resnet20-cifar --mode infer --batch 4 --input 100000",
        "--model resnet50 --mode train --batch 100000"
      })
  void batchesBeyondAllMemoryAreRefused(String options) {
    Object[] words = ("benchmark " + options).split(" ");
    assertThat(Invocation.failure(words)).contains("smaller");
  }

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

  private static Invocation benchmark(String mode, String backend, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("benchmark", "--model", "resnet20-cifar", "--batch", 2, "--mode"));
    arguments.addAll(List.of(mode, "--input", 8, "--steps", 3, "--threads", 1));
    arguments.addAll(List.of("--backend", backend));
    arguments.addAll(List.of(more));
    return Invocation.success(arguments.toArray());
  }

  @ParameterizedTest
  @CsvSource({"train, cpu", "infer, cpu", "train, reference"})
  void aProfileHasALineForEachKindOfOperation(String mode, String backend) {
    List<String> lines = benchmark(mode, backend, "--profile").out().lines().toList();
    assertThat(lines.get(1)).contains("median of 3 steps");
    assertThat(lines.get(2).split(" +"))
        .containsExactly("operation", "calls", "ms/step", "share", "GFLOP/s", "GB/s", "roofline");
    // 19 convolutions; whole numbers of milliseconds and rates depend on the machine.
    assertThat(lines).anyMatch(line -> line.matches("Conv2d +19 +[\\d.]+ +[\\d.]+ % .* %"));
    assertThat(lines)
        .filteredOn(line -> line.startsWith("Conv2dBackward"))
        .hasSize(mode.equals("train") ? 2 : 0);
    assertThat(lines).anyMatch(line -> line.matches("between operations +[\\d.]+ +[\\d.]+ % *"));
    assertThat(lines).anyMatch(line -> line.matches("peak F32: [\\d.]+ GFLOP/s"));
    assertThat(lines.getLast()).matches("memory: [\\d.]+ GB/s");
  }

  @Test
  void aProfileAddsOneMemberToTheObjectThatIsPrinted() {
    Map<String, Object> result =
        Results.read(benchmark("train", "cpu", "--profile", "--json").out());
    assertThat(result).containsOnlyKeys("imagesPerSecond", "profile");
    Map<?, ?> profile = (Map<?, ?>) result.get("profile");
    assertThat(profile.get("steps")).isEqualTo(3.0);
    double step = (double) profile.get("millisecondsPerStep");
    assertThat((double) profile.get("gigabytesPerSecond")).isPositive();
    assertThat(((Map<?, ?>) profile.get("peakGigaflops")).toString()).matches("\\{F32=[\\d.]+}");
    double sum = 0;
    for (Object member : (List<?>) profile.get("kinds")) {
      Map<?, ?> kind = (Map<?, ?>) member;
      double milliseconds = (double) kind.get("milliseconds");
      sum += milliseconds;
      assertThat((double) kind.get("share")).isCloseTo(milliseconds / step, within(0.01));
      assertThat((double) kind.get("calls")).isPositive();
      assertThat((double) kind.get("roofline")).isNotNegative();
    }
    assertThat(sum).isPositive().isLessThanOrEqualTo(step);
  }

  @Test
  void aTraceHoldsEachOperationWithinItsStep() throws IOException {
    Path file = folder.resolve("trace.json");
    assertThat(benchmark("train", "cpu", "--trace", file).out().lines()).hasSize(2);
    Map<String, Object> trace = Results.read(Files.readString(file));
    double end = 0;
    int steps = 0;
    int convolutions = 0;
    for (Object member : (List<?>) trace.get("traceEvents")) {
      Map<?, ?> event = (Map<?, ?>) member;
      if (event.get("ph").equals("M")) {
        continue;
      }
      assertThat(event.get("ph")).isEqualTo("X");
      double begin = (double) event.get("ts");
      double until = begin + (double) event.get("dur");
      if (event.get("cat").equals("step")) {
        steps++;
        end = until;
        continue;
      }
      // Both are rounded to a thousandth of a microsecond.
      assertThat(until).isLessThanOrEqualTo(end + 0.01);
      Map<?, ?> details = (Map<?, ?>) event.get("args");
      if (details.get("kind").equals("Conv2d")) {
        convolutions++;
        assertThat((String) details.get("implementation")).isNotEmpty();
        assertThat((String) details.get("shapes")).contains(" -> ");
        assertThat((double) details.get("flops")).isPositive();
      }
    }
    assertThat(steps).isEqualTo(3);
    assertThat(convolutions).isEqualTo(3 * 19);
  }

  @Test
  void aTraceIsNotWrittenIntoAFolderThatDoesNotExist() {
    assertThat(
            Invocation.failure(
                "benchmark",
                "--model=resnet20-cifar",
                "--batch=1",
                "--mode=infer",
                "--input=8",
                "--steps=1",
                "--trace",
                folder.resolve("missing/trace.json")))
        .contains("missing", "does not exist");
  }
}
