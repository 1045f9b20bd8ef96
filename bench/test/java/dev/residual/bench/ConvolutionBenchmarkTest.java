package dev.residual.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.passes.Fusion;
import dev.residual.nn.ResNet;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Param;

class ConvolutionBenchmarkTest {

  @Test
  void parametersAreTheConvolutionsOfResNet50() throws NoSuchFieldException {
    Param param = ConvolutionBenchmark.class.getField("shape").getAnnotation(Param.class);
    List<ConvolutionShape> shapes =
        Arrays.stream(param.value()).map(ConvolutionShape::parse).toList();
    assertThat(shapes)
        .containsExactlyInAnyOrderElementsOf(ConvolutionShape.of(ResNet.named("resnet50")));
  }

  @Test
  void fusedOnesAreThoseOfItsInference() throws NoSuchFieldException {
    Param param = FusedConvolutionBenchmark.class.getField("shape").getAnnotation(Param.class);
    Graph inference = NetworkTask.parse("resnet50 x 1", "f32", 1).folded().graph();
    assertThat(param.value())
        .containsExactlyInAnyOrderElementsOf(
            Fusion.fuse(inference, Conv2d.class::isInstance).ops().stream()
                .filter(op -> op instanceof Conv2d conv && conv.relu())
                .map(op -> name((Conv2d) op))
                .distinct()
                .toList());
  }

  private static String name(Conv2d conv) {
    return ConvolutionShape.of(conv) + (conv.add() == null ? "" : "+add") + "+relu";
  }
}
