package dev.residual.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

  @Test
  void aResNetComputesInIntegersBetweenItsPoolings() {
    Graph graph = fused("resnet18");
    Graph quantized = Quantization.quantize(graph, scales(graph));
    List<String> kinds = kinds(quantized);
    // The stem, and the first convolution after it; the block adds the stem's result.
    assertThat(kinds.subList(0, 6))
        .containsExactly(
            "Conv2d", "MaxPool2d", "Conv2d", "Quantize", "Quantize", "QuantizedConv2d");
    assertThat(kinds.stream().filter("QuantizedConv2d"::equals))
        .hasSameSizeAs(Quantization.convolutions(graph))
        .hasSize(18);
    assertThat(kinds.stream().filter("Quantize"::equals)).hasSize(2);
    assertThat(kinds).doesNotContain("Dequantize");
    assertThat(quantized.outputs()).isEqualTo(graph.outputs());
    assertThat(quantized.values(Role.INPUT)).isEqualTo(graph.values(Role.INPUT));
  }

  @Test
  void whatAReluLeavesIsUnsigned() {
    Graph graph = fused("resnet18");
    Graph quantized = Quantization.quantize(graph, scales(graph));
    for (Op op : quantized.ops()) {
      if (op instanceof QuantizedConv2d conv && conv.dst().dtype() != DType.F32) {
        assertThat(conv.dst().dtype()).isEqualTo(conv.relu() ? DType.U8 : DType.S8);
      }
    }
    assertThat(quantized.value("maxpool.integers").dtype()).isEqualTo(DType.U8);
    assertThat(quantized.value("layer2.0.downsample.1.integers").dtype()).isEqualTo(DType.S8);
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
    Value next = builder.conv2d("next", first, others, null, window, 1);
    Graph graph = builder.build(builder.conv2d("last", next, third, null, window, 1));
    assertThat(Quantization.convolutions(graph)).hasSize(1);
    assertThat(kinds(Quantization.quantize(graph, scales(graph))))
        .containsExactly("Normalize", "Conv2d", "Conv2d", "Quantize", "QuantizedConv2d");
  }

  @Test
  void inBf16OnlyTheIntegersAreAsTheyWere() {
    Graph graph = fused("resnet18");
    Graph narrow = Precision.of(Quantization.quantize(graph, scales(graph)), DType.BF16);
    assertThat(kinds(narrow).stream().filter("Cast"::equals).count()).isLessThanOrEqualTo(6);
    for (Op op : narrow.ops()) {
      if (op instanceof Quantize quantize) {
        assertThat(quantize.src().dtype()).isEqualTo(DType.BF16);
      }
    }
  }

  @Test
  void operationsInBetweenGetFloatingNumbers() {
    // The parameter-free shortcut of a CIFAR network is not quantised.
    Graph graph = fused("resnet20-cifar");
    Graph quantized = Quantization.quantize(graph, scales(graph));
    assertThat(kinds(quantized)).contains("ZeroPadShortcut", "Dequantize");
    assertThat(kinds(quantized).stream().filter("Conv2d"::equals)).hasSize(2);
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
