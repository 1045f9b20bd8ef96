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
  void aResNetComputesInIntegersFromItsImagesToItsPooling() {
    Graph graph = fused("resnet18");
    Graph quantized = Quantization.quantize(graph, scales(graph));
    assertThat(kinds(quantized).getFirst()).isEqualTo("Quantize");
    assertThat(kinds(quantized)).doesNotContain("Conv2d", "Dequantize");
    assertThat(kinds(quantized).stream().filter("QuantizedConv2d"::equals)).hasSize(20);
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
    assertThat(quantized.value("images.integers").dtype()).isEqualTo(DType.S8);
    assertThat(quantized.value("maxpool.integers").dtype()).isEqualTo(DType.U8);
  }

  @Test
  void operationsInBetweenGetFloatingNumbers() {
    // The parameter-free shortcut of a CIFAR network is not quantised.
    Graph graph = fused("resnet20-cifar");
    Graph quantized = Quantization.quantize(graph, scales(graph));
    assertThat(kinds(quantized)).contains("ZeroPadShortcut", "Dequantize");
    assertThat(kinds(quantized)).doesNotContain("Conv2d");
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
