package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.Backends;
import dev.residual.CpuRuntime;
import dev.residual.inference.InferenceOptions;
import dev.residual.inference.Network;
import dev.residual.io.TestData;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.data.Part;
import dev.residual.io.training.MetricsFile;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.ResNet;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.train.Batch;
import dev.residual.train.Batches;
import dev.residual.train.Metrics;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    return cifarTop1(model, TestData.path("weights/" + file), precision);
  }

  private static double cifarTop1(String model, Path weights, String precision) {
    Map<String, Double> result =
        Results.parse(
            Invocation.success(
                    "evaluate",
                    "--model",
                    model,
                    "--weights",
                    weights,
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
    Path weights = TestData.path("imagenet/resnet18-ktb-small.safetensors");
    return imagenet(weights, transform, precision);
  }

  /** The averages of PyTorch's softmax over the views that torchvision 0.28 makes. */
  @ParameterizedTest
  @CsvSource({"--ten-crop, 270, 361", "'--scales=160,224', 264, 348"})
  void averagesOfViewsCountAsPyTorch(String views, double top1, double top5) {
    Path weights = TestData.path("imagenet/resnet18-ktb-small.safetensors");
    Map<String, Double> result = evaluated(weights, views);
    assertThat(result.get("top1")).isCloseTo(top1, Offset.offset(1.0));
    assertThat(result.get("top5")).isCloseTo(top5, Offset.offset(1.0));
  }

  private static Map<String, Double> imagenet(Path weights, String transform, String precision) {
    return evaluated(weights, "--transform=" + transform, "--precision=" + precision);
  }

  private static Map<String, Double> evaluated(Path weights, String... options) {
    List<Object> command =
        new ArrayList<>(
            List.of("evaluate", "--model", "resnet18", "--weights", weights, "--json", "--data"));
    command.add(TestData.path("imagenet/imagenette-val-400.zip"));
    command.addAll(List.of("--classes", TestData.path("imagenet/classes.txt")));
    command.addAll(List.of(options));
    Map<String, Double> result = Results.parse(Invocation.success(command.toArray()).out());
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
  @ParameterizedTest
  @CsvSource({"resize256-crop224, 259, 358", "crop224, 265, 351"})
  void resNet18InIntegersCountsNearlyAsInFloats(
      String transform, double top1, double top5, @TempDir Path folder) {
    assumeThat(CpuRuntime.load().int8()).isTrue();
    Path integers = folder.resolve("int8.safetensors");
    Path images = TestData.path("imagenet/imagenette-val-400.zip");
    Path weights = TestData.path("imagenet/resnet18-ktb-small.safetensors");
    convert(weights, integers, "resnet18", images, transform);
    Map<String, Double> result = imagenet(integers, transform, "f32");
    assertThat(result.get("top1")).isCloseTo(top1, Offset.offset(2.0));
    assertThat(result.get("top5")).isCloseTo(top5, Offset.offset(4.0));
  }

  /** A quarter of a point of 10,000 images, calibrated on others. */
  @ParameterizedTest
  @CsvSource({
    "resnet20-cifar, resnet20-12fca82f.th, 8103",
    "resnet32-cifar, resnet32-d509ac18.th, 8256",
    "resnet56-cifar, resnet56-4bfd9763.th, 8320"
  })
  void cifarNetworksCountAlmostSoInIntegers(
      String model, String file, double top1, @TempDir Path folder) {
    assumeThat(CpuRuntime.load().int8()).isTrue();
    Path integers = folder.resolve("int8.safetensors");
    Path images = TestData.path("cifar10/cifar10-jpeg.zip");
    convert(TestData.path("weights/" + file), integers, model, images, "none");
    assertThat(cifarTop1(model, integers, "f32")).isCloseTo(top1, Offset.offset(25.0));
  }

  private static void convert(Path in, Path out, String model, Path images, String transform) {
    Invocation.success(
        "convert",
        "--int8",
        in,
        out,
        "--model",
        model,
        "--calibrate",
        images,
        "--transform",
        transform);
  }

  /** Counts alone would not tell: the logits themselves stay near those in floats. */
  @Test
  void logitsOfResNet18InIntegersAreNearThoseInFloats() throws IOException {
    assumeThat(CpuRuntime.load().int8()).isTrue();
    String images = TestData.path("imagenet/imagenette-val-400.zip").toString();
    Path weights = TestData.path("imagenet/resnet18-ktb-small.safetensors");
    ResNet network = ResNet.named("resnet18");
    Quantizer quantizer =
        Quantizer.of(TrainedModel.read(network, weights), null, 64, Console.system());
    QuantizedWeights quantized = quantizer.quantized(images);
    InferenceOptions options = InferenceOptions.DEFAULT.withBatch(50);
    double error = 0;
    double size = 0;
    try (DataSet set = DataSets.open(images, Part.TEST, 224);
        Network floats =
            Network.of(Backends.cpu(), network, quantizer.trained().weights(), options);
        Network integers = Network.of(Backends.cpu(), network, quantized.toFile(), options)) {
      Loader loader = new Loader(set, quantizer.transform(), LoaderOptions.evaluation(50));
      try (Batches batches = loader.epoch(0, 0)) {
        for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
          float[] expected = logits(floats, batch);
          float[] found = logits(integers, batch);
          for (int i = 0; i < expected.length; i++) {
            error += Math.pow(found[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
          }
        }
      }
    }
    assertThat(Math.sqrt(error / size)).isBetween(1e-3, 0.02);
  }

  private static float[] logits(Network network, Batch batch) {
    float[] logits = new float[(int) network.logits().shape().elements()];
    network.run(batch.images(), batch.layout(), MemorySegment.ofArray(logits));
    return logits;
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
