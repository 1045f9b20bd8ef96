package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.TestData;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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
                    "--json")
                .out());
    assertThat(result).containsEntry("images", 10_000.0);
    assertThat(result.get("top1")).isCloseTo(top1, Offset.offset(3.0));
  }

  @ParameterizedTest
  @CsvSource({"resize256-crop224, 259, 358", "crop224, 265, 351"})
  void resNet18CountsAsPyTorch(String transform, double top1, double top5) {
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
                    "--json")
                .out());
    assertThat(result).containsEntry("images", 400.0);
    assertThat(result.get("top1")).isCloseTo(top1, Offset.offset(2.0));
    assertThat(result.get("top5")).isCloseTo(top5, Offset.offset(2.0));
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
