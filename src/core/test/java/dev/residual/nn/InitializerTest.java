package dev.residual.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.residual.graph.Add;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.nn.Initializer.Fan;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InitializerTest {
  private static final ResNet RESNET18 = ResNet.named("resnet18").input(32, 32);
  private static final ResNet RESNET20 = ResNet.named("resnet20-cifar");

  @Test
  void convolutionsAreNormalWithTheVarianceOfTheirFan() {
    Graph graph = RESNET18.inference(1).graph();
    double[] out =
        new Initializer(Fan.OUT, 7).weights(graph).get("layer2.0.conv1.weight").toDoubles();
    double[] in =
        new Initializer(Fan.IN, 7).weights(graph).get("layer2.0.conv1.weight").toDoubles();
    assertThat(out).hasSize(128 * 64 * 9);
    assertNormal(out, Math.sqrt(2.0 / (128 * 9)));
    assertNormal(in, Math.sqrt(2.0 / (64 * 9)));
  }

  @Test
  void convolutionsAreUniformAsPyTorchDrawsThem() {
    Graph graph = RESNET18.inference(1).graph();
    Weights weights = new Initializer(Fan.IN_UNIFORM, 7).weights(graph);
    double[] w = weights.get("layer2.0.conv1.weight").toDoubles();
    double bound = 1 / Math.sqrt(64 * 9);
    assertThat(Arrays.stream(w).map(Math::abs).max().orElseThrow()).isBetween(0.999 * bound, bound);
    assertThat(deviation(w)).isCloseTo(bound / Math.sqrt(3), within(0.01 * bound));
    assertThat(deviation(weights.get("fc.weight").toDoubles()))
        .isCloseTo(1 / Math.sqrt(3 * 512), within(0.01 / Math.sqrt(512)));
  }

  /** As torch.nn.init.dirac_ does to the first kernels. */
  @Test
  void identitiesStandAmongTheKernelsOf3x3() {
    Graph graph = RESNET18.inference(1).graph();
    Weights drawn = new Initializer(Fan.OUT, 7).weights(graph);
    Weights weights = new Initializer(Fan.OUT, 7).withDirac().weights(graph);
    float[] plain = drawn.get("layer2.0.conv1.weight").toFloats();
    float[] dirac = weights.get("layer2.0.conv1.weight").toFloats();
    for (int o = 0; o < 128; o++) {
      for (int i = 0; i < 64 * 9; i++) {
        int at = o * 64 * 9 + i;
        assertThat(dirac[at]).isEqualTo(o >= 64 ? plain[at] : i == o * 9 + 4 ? 1 : 0);
      }
    }
    assertThat(weights.get("layer2.0.downsample.0.weight").toFloats())
        .isEqualTo(drawn.get("layer2.0.downsample.0.weight").toFloats());
    assertThat(weights.get("conv1.weight").toFloats()[24 + 1]).isZero();
  }

  @Test
  void linearLayersAreUniformWithFanOut() {
    Weights weights = RESNET18.initializer(7).weights(RESNET18.inference(1).graph());
    double bound = 1 / Math.sqrt(512);
    double[] w = weights.get("fc.weight").toDoubles();
    double[] b = weights.get("fc.bias").toDoubles();
    assertThat(Arrays.stream(w).map(Math::abs).max().orElseThrow()).isBetween(0.999 * bound, bound);
    assertThat(mean(w)).isCloseTo(0, within(4 * bound / Math.sqrt(3 * w.length)));
    assertThat(deviation(w)).isCloseTo(bound / Math.sqrt(3), within(0.01 * bound));
    assertThat(Arrays.stream(b).map(Math::abs).max().orElseThrow()).isBetween(0.9 * bound, bound);
  }

  @Test
  void linearLayersAreNormalWithFanIn() {
    ResNet network = RESNET20.classes(1000);
    Weights weights = network.initializer(7).weights(network.inference(1).graph());
    assertNormal(weights.get("linear.weight").toDoubles(), Math.sqrt(2.0 / 64));
  }

  /** A generator whose state moves by constant steps makes them so if seeds are not mixed. */
  @Test
  void neighbouringSeedsDrawNoShiftedCopies() {
    Graph graph = RESNET20.training(1).graph();
    double[] one = RESNET20.initializer(1).weights(graph).get("layer3.1.conv1.weight").toDoubles();
    double[] two = RESNET20.initializer(2).weights(graph).get("layer3.1.conv1.weight").toDoubles();
    for (int lag = -3; lag <= 3; lag++) {
      double product = 0;
      for (int i = 3; i < one.length - 3; i++) {
        product += one[i] * two[i + lag];
      }
      double variance = 2.0 / (64 * 9);
      assertThat(product / (one.length * variance))
          .as("correlation at lag %d", lag)
          .isCloseTo(0, within(5 / Math.sqrt(one.length)));
    }
  }

  @Test
  void normalisationsStartAsTheIdentity() {
    Weights weights = RESNET20.initializer(1).weights(RESNET20.training(1).graph());
    assertThat(weights.get("bn1.weight").toDoubles()).containsOnly(1);
    assertThat(weights.get("bn1.bias").toDoubles()).containsOnly(0);
    assertThat(weights.get("bn1.running_mean").toDoubles()).containsOnly(0);
    assertThat(weights.get("bn1.running_var").toDoubles()).containsOnly(1);
  }

  @Test
  void theLastScaleOfEachBlockCanStartAtZero() {
    Graph graph = RESNET18.training(2).graph();
    Weights weights = new Initializer(Fan.OUT, 1, true).weights(graph);
    assertThat(weights.tensors().keySet())
        .filteredOn(name -> name.endsWith("bn2.weight"))
        .hasSize(8)
        .allSatisfy(name -> assertThat(weights.get(name).toDoubles()).containsOnly(0));
    assertThat(weights.get("layer1.0.bn1.weight").toDoubles()).containsOnly(1);
    assertThat(weights.get("layer2.0.downsample.1.weight").toDoubles()).containsOnly(1);
  }

  @Test
  void theSameSeedDrawsTheSameWeightsInEveryGraphOfANetwork() {
    Weights training = RESNET20.initializer(5).weights(RESNET20.training(2).graph());
    Weights inference = RESNET20.initializer(5).weights(RESNET20.inference(1).graph());
    Weights deeper =
        new Initializer(Fan.IN, 5).weights(ResNet.named("resnet32-cifar").inference(1).graph());
    Weights other = RESNET20.initializer(6).weights(RESNET20.inference(1).graph());
    assertThat(training.tensors().keySet()).isEqualTo(inference.tensors().keySet());
    String name = "layer3.2.conv2.weight";
    float[] drawn = training.get(name).toFloats();
    assertThat(inference.get(name).toFloats()).isEqualTo(drawn);
    assertThat(deeper.get(name).toFloats()).isEqualTo(drawn);
    assertThat(other.get(name).toFloats()).isNotEqualTo(drawn);
    assertThat(training.get("layer3.1.conv2.weight").toFloats()).isNotEqualTo(drawn);
  }

  @Test
  void weightsHaveTheTypesOfTheGraph() {
    Graph graph = RESNET20.model(Mode.TRAINING, 1, DType.F64).graph();
    Weights weights = RESNET20.initializer(1).weights(graph);
    assertThat(weights.tensors().values())
        .allMatch(tensor -> tensor.dtype() == DType.F64)
        .hasSize(97);
    weights.check(graph);
  }

  @Test
  void aParameterOfNoKnownLayerIsNamed() {
    Value a = Value.parameter("a", Shape.of(2));
    Value sum = Value.activation("sum", Shape.of(2));
    Graph graph = Graph.of(new Add(a, Value.input("x", Shape.of(2)), sum));
    assertThatThrownBy(() -> new Initializer(Fan.IN, 1).weights(graph))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a F32 2 belongs to no convolution");
  }

  /** Mean, deviation and fourth moment within four standard errors. */
  private static void assertNormal(double[] values, double deviation) {
    double n = values.length;
    assertThat(mean(values)).isCloseTo(0, within(4 * deviation / Math.sqrt(n)));
    assertThat(deviation(values)).isCloseTo(deviation, within(4 * deviation / Math.sqrt(2 * n)));
    double kurtosis =
        Arrays.stream(values).map(v -> Math.pow(v / deviation, 4)).average().orElseThrow();
    assertThat(kurtosis).isCloseTo(3, within(4 * Math.sqrt(96 / n)));
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private static double deviation(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(v -> v * v).average().orElseThrow());
  }
}
