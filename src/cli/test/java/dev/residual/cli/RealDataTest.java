package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.CpuRuntime;
import dev.residual.io.MetricsFile;
import dev.residual.io.TestData;
import dev.residual.train.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published weights give the published answers. */
@Tag("slow")
class RealDataTest {

  @ParameterizedTest
  @CsvSource({
    "resnet20-cifar, resnet20-12fca82f.th, 8103",
    "resnet32-cifar, resnet32-d509ac18.th, 8256",
    "resnet56-cifar, resnet56-4bfd9763.th, 8320"
  })
  void cifarNetworksCountAsPyTorch(String model, String file, double top1) {
    assertThat(cifarTop1(model, file, "f32")).isCloseTo(top1, Offset.offset(3.0));
  }

  /** Half a point of 10,000 images. */
  @ParameterizedTest
  @CsvSource({
    "resnet20-cifar, resnet20-12fca82f.th, 8103",
    "resnet32-cifar, resnet32-d509ac18.th, 8256",
    "resnet56-cifar, resnet56-4bfd9763.th, 8320"
  })
  void cifarNetworksCountAlmostSoInBf16(String model, String file, double top1) {
    assumeThat(CpuRuntime.load().bf16()).isTrue();
    assertThat(cifarTop1(model, file, "bf16")).isCloseTo(top1, Offset.offset(50.0));
  }

  private static double cifarTop1(String model, String file, String precision) {
    Map<String, Double> result =
        Results.parse(
            Invocation.success(
                    "evaluate",
                    "--model",
                    model,
                    "--weights",
                    TestData.path("weights/" + file),
                    "--data",
                    TestData.path("cifar10/cifar10-jpeg.zip"),
                    "--precision",
                    precision,
                    "--json")
                .out());
    assertThat(result).containsEntry("images", 10_000.0);
    return Objects.requireNonNull(result.get("top1"));
  }

  @ParameterizedTest
  @CsvSource({"resize256-crop224, 259, 358", "crop224, 265, 351"})
  void resNet18CountsAsPyTorch(String transform, double top1, double top5) {
    Map<String, Double> result = imagenet(transform, "f32");
    assertThat(result.get("top1")).isCloseTo(top1, Offset.offset(2.0));
    assertThat(result.get("top5")).isCloseTo(top5, Offset.offset(2.0));
  }

  @ParameterizedTest
  @CsvSource({"resize256-crop224, 259, 358", "crop224, 265, 351"})
  void resNet18CountsAlmostSoInBf16(String transform, double top1, double top5) {
    assumeThat(CpuRuntime.load().bf16()).isTrue();
    Map<String, Double> result = imagenet(transform, "bf16");
    assertThat(result.get("top1")).isCloseTo(top1, Offset.offset(4.0));
    assertThat(result.get("top5")).isCloseTo(top5, Offset.offset(4.0));
  }

  private static Map<String, Double> imagenet(String transform, String precision) {
    Map<String, Double> result =
        Results.parse(
            Invocation.success(
                    "evaluate",
                    "--model",
                    "resnet18",
                    "--weights",
                    TestData.path("imagenet/resnet18-ktb-small.safetensors"),
                    "--data",
                    TestData.path("imagenet/imagenette-val-400.zip"),
                    "--classes",
                    TestData.path("imagenet/classes.txt"),
                    "--transform",
                    transform,
                    "--precision",
                    precision,
                    "--json")
                .out());
    assertThat(result).containsEntry("images", 400.0);
    return result;
  }

  @Test
  void aTrainingInBf16EndsNearThatInF32(@TempDir Path folder) throws IOException {
    assumeThat(CpuRuntime.load().bf16()).isTrue();
    Metrics wide = trained("f32", folder.resolve("f32"));
    Metrics narrow = trained("bf16", folder.resolve("bf16"));
    assertThat(narrow.trainLoss()).isCloseTo(wide.trainLoss(), Offset.offset(0.08));
    assertThat(narrow.trainTop1()).isCloseTo(wide.trainTop1(), Offset.offset(0.03));
    assertThat(narrow.testTop1()).isGreaterThan(0.5);
  }

  private static Metrics trained(String precision, Path out) throws IOException {
    Invocation.success(
        "train",
        "--model",
        "resnet20-cifar",
        "--data",
        TestData.path("cifar10/cifar10-jpeg.zip"),
        "--epochs",
        2,
        "--precision",
        precision,
        "--out",
        out);
    return MetricsFile.read(out.resolve("metrics.csv")).getLast();
  }

  /** In 8-bit integers a few images near a border between classes change sides, both ways. */
  @Test
  void resNet18InIntegersCountsNearlyAsInFloats(@TempDir Path folder) {
    Path integers = folder.resolve("int8.safetensors");
    Path images = TestData.path("imagenet/imagenette-val-400.zip");
    Invocation.success(
        "convert",
        "--int8",
        TestData.path("imagenet/resnet18-ktb-small.safetensors"),
        integers,
        "--model",
        "resnet18",
        "--calibrate",
        images);
    Map<String, Double> result =
        Results.parse(
            Invocation.success(
                    "evaluate",
                    "--model",
                    "resnet18",
                    "--weights",
                    integers,
                    "--data",
                    images,
                    "--classes",
                    TestData.path("imagenet/classes.txt"),
                    "--json")
                .out());
    assertThat(result.get("top1")).isCloseTo(259.0, Offset.offset(4.0));
    assertThat(result.get("top5")).isCloseTo(358.0, Offset.offset(4.0));
  }

  @Test
  void theDefaultTransformIsTheModels() {
    // The counts differ between transforms; the default must be that of the first row above.
    Map<String, Double> result =
        Results.parse(
            Invocation.success(
                    "evaluate",
                    "--model",
                    "resnet18",
                    "--weights",
                    TestData.path("imagenet/resnet18-ktb-small.safetensors"),
                    "--data",
                    TestData.path("imagenet/imagenette-val-400.zip"),
                    "--classes",
                    TestData.path("imagenet/classes.txt"),
                    "--json")
                .out());
    assertThat(result.get("top1")).isCloseTo(259.0, Offset.offset(2.0));
  }
}
