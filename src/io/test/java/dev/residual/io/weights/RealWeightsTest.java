package dev.residual.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.io.TestData;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published weights; the sums are those of PyTorch 2.13 over the same files, in double. */
class RealWeightsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "weights/resnet20-12fca82f.th, 97, 139.7826495598208",
    "weights/resnet32-d509ac18.th, 157, 721.5178900284966",
    "weights/resnet56-4bfd9763.th, 277, 1427.879011697099"
  })
  void readsLegacyCheckpoints(String file, int tensors, double sum) throws IOException {
    Weights weights = WeightFile.read(TestData.path(file)).weights();

    assertThat(weights.tensors()).hasSize(tensors);
    assertThat(sum(weights)).isCloseTo(sum, within(1e-9));
    assertThat(weights.tensors().keySet())
        .startsWith("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean")
        .endsWith("linear.weight", "linear.bias");
    assertThat(weights.get("conv1.weight").shape()).isEqualTo(Shape.of(16, 3, 3, 3));
  }

  @Test
  void readsSafetensors() throws IOException {
    Path file = TestData.path("imagenet/resnet18-ktb-small.safetensors");

    Weights weights = WeightFile.read(file).weights();

    assertThat(weights.tensors()).hasSize(102);
    assertThat(sum(weights)).isCloseTo(46909.215609894236, within(1e-7));
    assertThat(weights.get("fc.weight").shape()).isEqualTo(Shape.of(1000, 512));
    assertThat(weights.get("fc.weight").dtype()).isEqualTo(DType.F32);
    assertThat(Safetensors.readMetadata(file)).containsEntry("arch", "resnet18");
  }

  @ParameterizedTest
  @CsvSource({"copy.safetensors", "copy.pth"})
  void keepsWhatItConverts(String copy) throws IOException {
    Weights weights = WeightFile.read(TestData.path("weights/resnet20-12fca82f.th")).weights();

    WeightFile.write(folder.resolve(copy), weights);

    Weights read = WeightFile.read(folder.resolve(copy)).weights();
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(weights.tensors().keySet());
    read.tensors().forEach((name, tensor) -> Tensors.assertSame(tensor, weights.get(name)));
  }

  private static double sum(Weights weights) {
    double sum = 0;
    for (Tensor tensor : weights.tensors().values()) {
      for (double value : tensor.toDoubles()) {
        sum += value;
      }
    }
    return sum;
  }
}
