package dev.residual.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Dropout;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.tensor.DType;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayeredNetworkTest {

  /**
   * Parameters, and CRC-32 of the sorted lines "name shape", of torchvision 0.28's state_dict; of
   * the networks for small images, of modules of PyTorch that were written down for this.
   */
  @ParameterizedTest
  @CsvSource({
    "alexnet, 61100840, 72345434",
    "vgg11, 132863336, a02a54bb",
    "vgg13, 133047848, aca48d37",
    "vgg16, 138357544, 896f10a2",
    "vgg19, 143667240, c7c821c0",
    "vgg11_bn, 132868840, ef0a9761",
    "vgg13_bn, 133053736, b8e21606",
    "vgg16_bn, 138365992, 12ac97b5",
    "vgg19_bn, 143678248, 69b9c7f6",
    "googlenet, 6624904, e8f9b6f8",
    "resnet9-cifar, 6573120, 4b6c1371",
    "airbench-cifar, 1972792, 5fc19fea"
  })
  void weightsHaveNamesAndShapesOfTorchvision(String name, long parameters, String crc32) {
    Model model = Networks.named(name).inference(1);
    assertThat(crc32(model)).isEqualTo(crc32);
    assertThat(
            model.graph().values(Role.PARAMETER).stream()
                .mapToLong(value -> value.shape().elements())
                .sum())
        .isEqualTo(parameters);
    assertThat(Networks.names()).contains(name);
  }

  private static String crc32(Model model) {
    CRC32 crc = new CRC32();
    String lines =
        Weights.values(model.graph()).stream()
            .map(value -> value.name() + " " + value.shape())
            .sorted()
            .collect(Collectors.joining("\n"));
    crc.update(lines.getBytes(StandardCharsets.UTF_8));
    return String.format("%08x", crc.getValue());
  }

  /** Logits of torchvision 0.28 with {@link FormulaWeights}: the first, the largest, the sum. */
  @ParameterizedTest
  @CsvSource({
    "alexnet, -0.0403387, 0.2518853, 0.6872915, -2.70524",
    "googlenet, -12.2790842, 4.6038427, 21.4076519, 39.20745",
    "resnet9-cifar, -0.3605020, -0.3909828, 0.6781000, 0.3685016",
    "airbench-cifar, 0.0176558, 0.2117648, 0.2117648, 0.1068023"
  })
  void logitsAreThoseOfTorchvision(
      String name, double first, double second, double largest, double sum) {
    Model model = Networks.named(name).inference(1);
    Weights weights = FormulaWeights.of(model.graph());
    float[] logits;
    try (Network network =
        Network.of(Backends.cpu(), model, weights, CompileOptions.DEFAULT, DType.F32)) {
      logits = network.run(FormulaWeights.images(DType.F32, model.images().shape(), 1)).toFloats();
    }
    double most = 0;
    double total = 0;
    for (float logit : logits) {
      most = Math.max(most, Math.abs(logit));
      total += logit;
    }
    Offset<Double> close = Offset.offset(1e-4 * largest);
    assertThat((double) logits[0]).isCloseTo(first, close);
    assertThat((double) logits[1]).isCloseTo(second, close);
    assertThat(most).isCloseTo(largest, close);
    assertThat(total).isCloseTo(sum, Offset.offset(0.01 * largest));
  }

  /** Parameters and CRC-32 of torchvision's GoogLeNet with aux_logits. */
  @Test
  void googLeNetHasAuxiliaryHeadsInTraining() {
    ImageNetwork network = Networks.named("googlenet");
    Model model = network.training(1);
    assertThat(crc32(model)).isEqualTo("f6f12fbb");
    assertThat(model.auxiliary()).extracting(Value::name).containsExactly("aux1", "aux2");
    assertThat(network.inference(1).auxiliary()).isEmpty();
    assertThat(network.firstWeights(1).tensors()).containsKey("aux2.fc2.bias");
    assertThat(model.graph().ops().stream().filter(Dropout.class::isInstance))
        .extracting(op -> ((Dropout) op).probability())
        .containsExactly(0.7, 0.7, 0.2);
  }

  @Test
  void dropoutsOfTrainingHaveStatesOfTheirOwn() {
    Model model = Networks.named("alexnet").training(1);
    assertThat(model.graph().ops().stream().filter(Dropout.class::isInstance))
        .extracting(op -> ((Dropout) op).random().name())
        .containsExactly("classifier.0.random", "classifier.3.random");
    assertThat(Networks.named("alexnet").inference(1).graph().ops())
        .noneMatch(Dropout.class::isInstance);
  }

  @Test
  void whatLayersCannotTakeIsRefused() {
    ImageNetwork vgg = Networks.named("vgg11");
    assertThat(vgg.input(448, 224).classes(3).inference(2).logits().shape().dim(1)).isEqualTo(3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> vgg.input(16, 16))
        .withMessageStartingWith("vgg11 for images of 16x16: ");
    assertThatIllegalArgumentException().isThrownBy(() -> vgg.classes(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Networks.named("VGG"))
        .withMessageStartingWith("unknown model \"VGG\": did you mean vgg1");
  }
}
