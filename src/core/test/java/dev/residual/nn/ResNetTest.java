package dev.residual.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Dropout;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Relu;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.nn.Architecture.Block;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ResNetTest {

  @ParameterizedTest
  @CsvSource({"20, 3", "32, 5", "56, 9"})
  void cifarNetworksHaveTheNamesOfPublishedWeights(int layers, int blocks) {
    List<String> expected = new ArrayList<>(List.of("conv1.weight"));
    expected.addAll(norm("bn1"));
    for (int stage = 1; stage <= 3; stage++) {
      for (int block = 0; block < blocks; block++) {
        String name = "layer" + stage + "." + block;
        expected.add(name + ".conv1.weight");
        expected.addAll(norm(name + ".bn1"));
        expected.add(name + ".conv2.weight");
        expected.addAll(norm(name + ".bn2"));
      }
    }
    expected.addAll(List.of("linear.weight", "linear.bias"));
    assertThat(names("resnet" + layers + "-cifar")).containsExactlyElementsOf(expected);
  }

  @Test
  void bottleneckNetworksHaveTheNamesOfTorchvision() {
    assertThat(names("resnet50"))
        .hasSize(53 * 5 + 2)
        .contains(
            "conv1.weight",
            "bn1.running_mean",
            "layer1.0.conv3.weight",
            "layer1.0.bn3.running_var",
            "layer1.0.downsample.0.weight",
            "layer1.0.downsample.1.weight",
            "layer1.0.downsample.1.bias",
            "layer3.5.bn2.bias",
            "layer4.2.conv3.weight",
            "fc.weight",
            "fc.bias")
        .doesNotContain("layer1.1.downsample.0.weight", "layer4.3.conv1.weight");
  }

  @Test
  void basicNetworksProjectWhereTheShapeChanges() {
    assertThat(names("resnet18"))
        .filteredOn(name -> name.endsWith("downsample.0.weight"))
        .containsExactly(
            "layer2.0.downsample.0.weight",
            "layer3.0.downsample.0.weight",
            "layer4.0.downsample.0.weight");
    assertThat(names("resnet20-cifar-b"))
        .contains("layer2.0.shortcut.0.weight", "layer3.0.shortcut.1.running_var");
  }

  @Test
  void theStrideIsOnThe3x3ConvolutionExceptInTheNetworksOf2015() {
    assertThat(strides("resnet50")).containsExactly(1, 2, 1);
    assertThat(strides("resnet50-v1")).containsExactly(2, 1, 1);
  }

  @Test
  void plainNetworksHaveNoShortcuts() {
    assertThat(ResNet.named("plain20-cifar").inference(1).graph().ops())
        .noneMatch(op -> op instanceof Add || op instanceof ZeroPadShortcut);
    assertThat(ResNet.named("resnet20-cifar").inference(1).graph().ops())
        .filteredOn(ZeroPadShortcut.class::isInstance)
        .hasSize(2);
  }

  @Test
  void preActivationAddsWithoutAnythingAfter() {
    Graph graph = ResNet.named("resnet50-v2").inference(1).graph();
    Value sum = graph.value("layer1.0.add");
    assertThat(graph.ops())
        .filteredOn(op -> op.inputs().contains(sum))
        .hasSize(2)
        .hasAtLeastOneElementOfType(BatchNormInference.class)
        .hasAtLeastOneElementOfType(Add.class);
    assertThat(graph.ops()).filteredOn(Relu.class::isInstance).hasSize(49);
  }

  @Test
  void trainingTakesTheStatisticsOfTheBatch() {
    ResNet network = ResNet.named("resnet20-cifar");
    Graph training = network.training(2).graph();
    Graph inference = network.inference(2).graph();
    assertThat(training.ops()).filteredOn(BatchNorm.class::isInstance).hasSize(19);
    assertThat(training.ops()).noneMatch(BatchNormInference.class::isInstance);
    assertThat(inference.ops()).noneMatch(BatchNorm.class::isInstance);
    assertThat(Weights.values(training)).isEqualTo(Weights.values(inference));
  }

  @Test
  void stochasticDepthRisesLinearlyAndIsInTrainingOnly() {
    ResNet network = ResNet.named("resnet20-cifar").stochasticDepth(0.45);
    assertThat(drops(network.training(2).graph()))
        .containsExactly(0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45);
    assertThat(network.training(2).graph().ops())
        .filteredOn(op -> op instanceof Dropout)
        .allMatch(op -> ((Dropout) op).isByRow());
    assertThat(drops(network.inference(2).graph())).isEmpty();
    assertThat(drops(network.stochasticDepth(0).training(2).graph())).isEmpty();
    assertThat(
            drops(ResNet.named("resnet18-v2").stochasticDepth(0.8).classes(3).training(1).graph()))
        .hasSize(8)
        .endsWith(0.8);
  }

  private static List<Double> drops(Graph graph) {
    return graph.ops().stream()
        .filter(Dropout.class::isInstance)
        .map(op -> Math.round(((Dropout) op).probability() * 1e9) / 1e9)
        .toList();
  }

  @Test
  void dropoutIsInTrainingOnlyAndItsRandomStateIsNoWeight() {
    ResNet network = ResNet.named("resnet20-cifar").dropout(0.5);
    Graph training = network.training(2).graph();
    assertThat(training.ops()).filteredOn(Dropout.class::isInstance).hasSize(1);
    assertThat(training.values(Role.STATE)).contains(training.value("dropout.random"));
    assertThat(Weights.values(training)).doesNotContain(training.value("dropout.random"));
    assertThat(network.inference(2).graph().ops()).noneMatch(Dropout.class::isInstance);
  }

  @Test
  void aGraphGoesOnAfterTheLogits() {
    GraphBuilder builder = new GraphBuilder(DType.F64);
    ResNet network = ResNet.named("resnet20-cifar").classes(7).input(16, 24);
    Value images = builder.input("images", network.imageShape(4));
    Value labels = Value.input("labels", Shape.of(4), DType.I32);
    Value logits = network.addTo(builder, images, Mode.TRAINING);
    Graph graph = builder.build(builder.softmaxCrossEntropy("loss", logits, labels, 0));
    assertThat(logits.shape()).isEqualTo(Shape.of(4, 7));
    assertThat(logits.dtype()).isEqualTo(DType.F64);
    assertThat(graph.outputs()).containsExactly(graph.value("loss"));
  }

  @ParameterizedTest
  @MethodSource("dev.residual.nn.ResNet#names")
  void everyNameIsANetworkThatTrainsOnSmallImages(String name) {
    Model model = ResNet.named(name).classes(3).input(40, 33).training(2);
    assertThat(model.name()).isEqualTo(name);
    assertThat(model.images().shape()).isEqualTo(Shape.of(2, 3, 40, 33));
    assertThat(model.logits().shape()).isEqualTo(Shape.of(2, 3));
    assertThat(model.graph().outputs()).containsExactly(model.logits());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ResNet50     | resnet50, resnet50-v1, resnet50-v2
          resnet5      | resnet50, resnet50-v1, resnet50-v2
          resnet20     | resnet20-cifar, resnet20-cifar-b, resnet200-v2
          pain34       | plain34, plain18, resnet34
          wideresnet50 | wide_resnet50_2
          """)
  void anUnknownNameIsAnsweredWithSimilarOnes(String name, String suggestions) {
    assertThatThrownBy(() -> ResNet.named(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("unknown model \"" + name + "\": did you mean " + suggestions);
  }

  @Test
  void theEditDistanceCountsInsertionsDeletionsAndReplacements() {
    assertThat(NearNames.editDistance("kitten", "sitting")).isEqualTo(3);
    assertThat(NearNames.editDistance("", "abc")).isEqualTo(3);
    assertThat(NearNames.editDistance("abc", "")).isEqualTo(3);
    assertThat(NearNames.editDistance("same", "same")).isZero();
  }

  @Test
  void settingsOutOfRangeAreRefusedWithTheirName() {
    ResNet network = ResNet.named("resnet18");
    assertThatThrownBy(() -> network.classes(0)).hasMessageContaining("resnet18: 0 classes");
    assertThatThrownBy(() -> network.input(-1, 5)).hasMessageContaining("images of -1x5");
    assertThatThrownBy(() -> network.dropout(1)).hasMessageContaining("dropout is 1.0");
    assertThatThrownBy(() -> network.stochasticDepth(1))
        .hasMessageContaining("stochastic depth is 1.0");
    assertThatThrownBy(() -> ResNet.named("plain20-cifar").stochasticDepth(0.1))
        .hasMessageContaining("plain20-cifar has no shortcuts");
    assertThatThrownBy(() -> network.dropout(Double.NaN)).hasMessageContaining("dropout is NaN");
    assertThatThrownBy(() -> Architecture.imagenet(Block.BASIC, 2, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("depths are [2, 0]");
    assertThatThrownBy(() -> Architecture.cifar(Block.BASIC, 3).grouped(0, 4))
        .hasMessageContaining("groups 0");
  }

  private static List<String> names(String model) {
    return Weights.values(ResNet.named(model).inference(1).graph()).stream()
        .map(Value::name)
        .toList();
  }

  private static List<String> norm(String name) {
    return List.of(name + ".weight", name + ".bias", name + ".running_mean", name + ".running_var");
  }

  private static List<Integer> strides(String model) {
    return ResNet.named(model).inference(1).graph().ops().stream()
        .filter(op -> op instanceof Conv2d conv && conv.dst().name().startsWith("layer2.0.conv"))
        .map(op -> ((Conv2d) op).window().strideH())
        .toList();
  }
}
