package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.CpuRuntime;
import dev.residual.io.weights.WeightFile;
import dev.residual.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --precision bf16} and {@code f16} on the command line. */
class MixedPrecisionTest {
  @TempDir static Path shared;
  @TempDir Path folder;
  private static Path data;

  @BeforeAll
  static void drawPictures() throws IOException {
    data = Pictures.dataSet(shared.resolve("data"));
  }

  private Object[] train(String precision, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("train", "--model", "resnet20-cifar", "--data", data));
    arguments.addAll(List.of("--image-size", 16, "--batch", 12, "--epochs", 1, "--threads", 1));
    arguments.addAll(List.of("--out", folder.resolve("out"), "--precision", precision));
    arguments.addAll(List.of(more));
    return arguments.toArray();
  }

  @ParameterizedTest
  @CsvSource({"reference, bf16", "cpu, bf16", "reference, f16"})
  void aNetworkIsTrainedMeasuredAndUsed(String backend, String precision) throws IOException {
    assumeThat(backend.equals("reference") || CpuRuntime.load().bf16()).isTrue();
    Invocation done = Invocation.success(train(precision, "--backend", backend));
    assertThat(done.err()).contains(backend + ", " + precision + ", 1 thread");
    Path weights = folder.resolve("out/model.safetensors");
    assertThat(WeightFile.read(weights).weights().tensors().values())
        .allMatch(tensor -> tensor.dtype() == DType.F32);
    List<Object> evaluate =
        List.of("evaluate", "--model", "resnet20-cifar", "--weights", weights, "--data", data);
    List<Object> narrow = new ArrayList<>(evaluate);
    narrow.addAll(List.of("--json", "--backend", backend, "--precision", precision));
    assertThat(Results.parse(Invocation.success(narrow.toArray()).out()))
        .containsEntry("images", 12.0);
    Path image;
    try (Stream<Path> images = Files.walk(data)) {
      image = images.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
    assertThat(percents(weights, image, backend, precision))
        .isCloseTo(percents(weights, image, backend, "f32"), Offset.offset(2.0));
  }

  /** The probability of the best guess. */
  private static double percents(Path weights, Path image, String backend, String precision) {
    String[] lines =
        Invocation.success(
                "classify",
                "--model",
                "resnet20-cifar",
                "--weights",
                weights,
                image,
                "--backend",
                backend,
                "--precision",
                precision)
            .out()
            .split("\\R");
    return Double.parseDouble(lines[1].strip().split(" ")[0]);
  }

  @Test
  void aTrainingIsResumedInItsOwnPrecision() {
    Invocation.success(train("f32", "--backend", "reference"));
    assertThat(Invocation.failure(train("bf16", "--backend", "reference", "--resume")))
        .contains("another training", "precision");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "infer"})
  void f16IsMeasuredOnTheReference(String mode) {
    List<Object> benchmark =
        new ArrayList<>(List.of("benchmark", "--model", "resnet20-cifar", "--input", 8));
    benchmark.addAll(List.of("--mode", mode, "--batch", 2, "--steps", 1, "--seconds", 0));
    benchmark.addAll(List.of("--precision", "f16", "--json", "--backend"));
    List<Object> onProcessor = new ArrayList<>(benchmark);
    benchmark.add("reference");
    assertThat(Results.parse(Invocation.success(benchmark.toArray()).out()))
        .hasEntrySatisfying("imagesPerSecond", speed -> assertThat(speed).isPositive());
    onProcessor.add("cpu");
    assertThat(Invocation.wrongUse(onProcessor.toArray()))
        .contains("--precision f16 needs a GPU (or --backend reference); use bf16 or f32");
  }

  /** oneDNN can be told to leave instructions unused, as if the processor had none of them. */
  @ParameterizedTest
  @ValueSource(strings = {"AVX2", "AVX512_CORE"})
  void processorsWithoutItRefuseIt(String instructions) throws Exception {
    ProcessBuilder program =
        Subprocess.builder(
            List.of(),
            "benchmark",
            "--model",
            "resnet20-cifar",
            "--mode",
            "infer",
            "--batch",
            "1",
            "--precision",
            "bf16");
    program.environment().put("ONEDNN_MAX_CPU_ISA", instructions);
    Process process = program.start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(output).contains("does not multiply bf16").doesNotContain("\tat ");
  }
}
