package dev.residual.graph.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Op;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuantizationTest {

  private static Graph fused(String network) {
    Graph graph = BatchNormFolding.fold(ResNet.named(network).input(32, 32).inference(1).graph());
    return Fusion.fuse(graph, Conv2d.class::isInstance);
  }

  private static Map<String, Double> scales(Graph graph) {
    Map<String, Double> scales = new HashMap<>();
    Quantization.scaled(graph).forEach(value -> scales.put(value.name(), 0.5));
    return scales;
  }

  private static List<String> kinds(Graph graph) {
    return graph.ops().stream().map(Op::kind).toList();
  }

  private static List<String> quantised(String network) {
    return Quantization.convolutions(fused(network)).stream()
        .map(conv -> conv.weights().name().replace(".weight", ""))
        .toList();
  }

  @Test
  void firstConvolutionsAndThoseBesideProjectionsAndThatOfTheLastSumStayFloating() {
    assertThat(quantised("resnet18"))
        .containsExactly(
            "layer1.1.conv1",
            "layer1.1.conv2",
            "layer2.0.conv2",
            "layer2.1.conv1",
            "layer2.1.conv2",
            "layer3.0.conv2",
            "layer3.1.conv1",
            "layer3.1.conv2",
            "layer4.0.conv2",
            "layer4.1.conv2");
    assertThat(quantised("resnet50"))
        .startsWith("layer1.0.conv3", "layer1.1.conv1")
        .contains("layer2.0.conv1", "layer3.0.downsample.0", "layer4.0.conv2", "layer4.1.conv1")
        .doesNotContain("layer4.0.conv1", "layer4.0.downsample.0", "layer4.2.conv1")
        .endsWith("layer4.2.conv2", "layer4.2.conv3")
        .hasSize(53 - 4 - 2 - 1);
  }

  @Test
  void aResNetComputesInIntegersBetweenItsPoolings() {
    Graph graph = fused("resnet18");
    Graph quantized = Quantization.quantize(graph, scales(graph));
    List<String> kinds = kinds(quantized);
    // The stem and the first block, then a block in integers.
    assertThat(kinds.subList(0, 7))
        .containsExactly(
            "Conv2d",
            "MaxPool2d",
            "Conv2d",
            "Conv2d",
            "Quantize",
            "QuantizedConv2d",
            "QuantizedConv2d");
    assertThat(kinds.stream().filter("QuantizedConv2d"::equals))
        .hasSameSizeAs(Quantization.convolutions(graph));
    assertThat(kinds).doesNotContain("Dequantize");
    assertThat(quantized.outputs()).isEqualTo(graph.outputs());
    assertThat(quantized.values(Role.INPUT)).isEqualTo(graph.values(Role.INPUT));
  }

  @Test
  void sumsAreAddedAsFloatingNumbersWhereMoreBytesAreHidden() {
    Graph graph = fused("resnet50");
    Graph quantized = Quantization.quantize(graph, scales(graph));
    Map<String, DType> added = new HashMap<>();
    for (Op op : quantized.ops()) {
      if (op instanceof QuantizedConv2d conv && conv.add() != null) {
        added.put(conv.weights().name(), conv.add().dtype());
      }
    }
    // Kernels of the first two stages have 64 and 128 elements, later ones 256 and 512.
    assertThat(added)
        .containsEntry("layer1.1.conv3.weight", DType.U8)
        .containsEntry("layer2.3.conv3.weight", DType.U8)
        .containsEntry("layer3.1.conv3.weight", DType.F32)
        .containsEntry("layer4.2.conv3.weight", DType.F32);
  }

  @Test
  void whatAReluLeavesIsUnsigned() {
    Graph graph = fused("resnet18");
    Graph quantized = Quantization.quantize(graph, scales(graph));
    assertThat(quantized.values().stream().map(Value::dtype)).contains(DType.U8);
    for (Op op : quantized.ops()) {
      if (op instanceof QuantizedConv2d conv) {
        assertThat(conv.src().dtype()).isEqualTo(DType.U8);
      }
    }
  }

  @Test
  void whatReadsImagesStaysFloatingEvenIfTheGraphScalesTheirColours() {
    GraphBuilder builder = new GraphBuilder();
    Value colours = Value.input("colours", Shape.of(1, 3, 8, 8), DType.U8);
    Value images = builder.normalize("images", colours, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f));
    Window window = Window.square(3, 1, 1);
    Value weights = builder.parameter("weights", Shape.of(3, 3, 3, 3));
    Value first = builder.conv2d("first", images, weights, null, window, 1);
    Value others = builder.parameter("others", Shape.of(3, 3, 3, 3));
    Value third = builder.parameter("third", Shape.of(3, 3, 3, 3));
    Value fourth = builder.parameter("fourth", Shape.of(3, 3, 3, 3));
    Value second = builder.conv2d("second", first, others, null, window, 1);
    Value next = builder.conv2d("next", second, third, null, window, 1);
    Graph graph = builder.build(builder.conv2d("last", next, fourth, null, window, 1));
    assertThat(Quantization.convolutions(graph)).hasSize(1);
    Graph quantized = Quantization.quantize(graph, scales(graph));
    assertThat(kinds(quantized))
        .containsExactly("Normalize", "Conv2d", "Conv2d", "Conv2d", "Quantize", "QuantizedConv2d");
    assertThat(quantized.value("next.integers").dtype()).isEqualTo(DType.S8);
  }

  @Test
  void inBf16OnlyTheIntegersAreAsTheyWere() {
    Graph graph = fused("resnet18");
    Graph narrow = MixedPrecision.of(Quantization.quantize(graph, scales(graph)), DType.BF16);
    // Images, the weights of ten convolutions and of the last layer, logits.
    assertThat(kinds(narrow).stream().filter("Cast"::equals).count()).isLessThanOrEqualTo(13);
    for (Op op : narrow.ops()) {
      if (op instanceof Quantize quantize) {
        assertThat(quantize.src().dtype()).isEqualTo(DType.BF16);
      }
      if (op instanceof QuantizedConv2d conv) {
        assertThat(conv.dst().dtype()).isIn(DType.BF16, DType.U8);
        if (conv.add() != null) {
          assertThat(conv.add().dtype()).isEqualTo(DType.BF16);
        }
      }
    }
  }

  @Test
  void operationsInBetweenGetFloatingNumbers() {
    // The parameter-free shortcut of a CIFAR network is not quantised.
    Graph graph = fused("resnet20-cifar");
    Graph quantized = Quantization.quantize(graph, scales(graph));
    assertThat(kinds(quantized)).contains("ZeroPadShortcut", "Dequantize");
    assertThat(kinds(quantized).stream().filter("Conv2d"::equals)).hasSize(4);
  }

  @Test
  void weightsOfAFloatingConvolutionStayFloatingEverywhere() {
    GraphBuilder builder = new GraphBuilder();
    Value weights = builder.parameter("weights", Shape.of(32, 32, 3, 3));
    Value others = builder.parameter("others", weights.shape());
    Value x = builder.input("images", Shape.of(1, 32, 8, 8));
    for (int i = 0; i < 5; i++) {
      Value read = i == 3 ? others : weights;
      x = builder.conv2d("conv" + i, x, read, null, Window.square(3, 1, 1), 1);
    }
    Graph graph = builder.build(x);
    assertThat(Quantization.convolutions(graph))
        .hasSize(1)
        .first()
        .extracting(Conv2d::weights)
        .isEqualTo(others);
    Quantization.quantize(graph, scales(graph));
  }

  @Test
  void aMissingScaleIsNamed() {
    Graph graph = fused("resnet18");
    Map<String, Double> scales = scales(graph);
    scales.remove("layer1.0.relu");
    assertThatThrownBy(() -> Quantization.quantize(graph, scales))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no scale for layer1.0.relu");
  }

  @Test
  void scalesAndTypesAreChecked() {
    Value src = Value.input("src", Shape.of(2));
    Value dst = Value.activation("dst", Shape.of(2), DType.U8);
    assertThatThrownBy(() -> new Quantize(src, dst, 0)).hasMessageContaining("must be positive");
    assertThatThrownBy(() -> new Quantize(src, src, 1)).hasMessageContaining("8-bit integers");
    assertThatThrownBy(() -> new Dequantize(src, dst, 1)).hasMessageContaining("must be");
  }
}
