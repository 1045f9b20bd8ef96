package dev.residual.bench;

import static org.assertj.core.api.Assertions.assertThat;

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
}
