package dev.residual.backend.cudnn.operation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConvolutionGraphsTest {
  private static final Convolution STRIDED = Convolution.of(2, 1);
  private static final GraphTensor X = GraphTensor.image("images", 2, 64, 9, 9, ElementType.HALF);
  private static final GraphTensor W =
      GraphTensor.filter("filters", 128, 16, 3, 3, ElementType.HALF);

  @Test
  void aConvolutionHasTheNamesOfItsPlace() {
    assertThat(ConvolutionGraphs.forward(X, W, STRIDED))
        .hasToString(
            "y:half[2,128,5,5] = ConvolutionForward(x:half[2,64,9,9], w:half[128,16,3,3],"
                + " stride 2x2 padding 1,1,1,1)");
  }

  @Test
  void imagesAreAddedBeforeTheBias() {
    assertThat(
            ConvolutionGraphs.forward(
                X, W, STRIDED, true, ElementType.HALF, true, ElementType.HALF))
        .hasToString(
            """
            virtual product:float[2,128,5,5] = ConvolutionForward(x:half[2,64,9,9], \
            w:half[128,16,3,3], stride 2x2 padding 1,1,1,1)
            virtual step1:float[2,128,5,5] = Pointwise(ADD, product, z:half[2,128,5,5])
            virtual step2:float[2,128,5,5] = Pointwise(ADD, step1, bias:half[1,128,1,1])
            y:half[2,128,5,5] = Pointwise(RELU_FWD, step2)\
            """);
    assertThat(
            ConvolutionGraphs.forward(X, W, STRIDED, true, null, false, ElementType.HALF).nodes())
        .hasSize(2);
  }

  @Test
  void anotherTypeIsWrittenByANodeOfItsOwn() {
    assertThat(
            last(ConvolutionGraphs.forward(X, W, STRIDED, false, null, false, ElementType.FLOAT)))
        .isEqualTo("y:float[2,128,5,5] = Pointwise(IDENTITY, virtual product:float[2,128,5,5])");
    OperationGraph linear =
        ConvolutionGraphs.forward(
            X, W, STRIDED, false, ElementType.FLOAT, false, ElementType.FLOAT);
    assertThat(linear.nodes()).hasSize(3);
    assertThat(last(linear)).startsWith("y:float[2,128,5,5] = Pointwise(IDENTITY");
    assertThat(last(ConvolutionGraphs.backwardFilter(X, W, STRIDED, ElementType.FLOAT)))
        .isEqualTo("dw:float[128,16,3,3] = Pointwise(IDENTITY, virtual sums:float[128,16,3,3])");
    assertThat(ConvolutionGraphs.backwardFilter(X, W, STRIDED, ElementType.HALF))
        .hasToString(
            "dw:half[128,16,3,3] = ConvolutionBackwardFilter(x:half[2,64,9,9], dy:half[2,128,5,5],"
                + " stride 2x2 padding 1,1,1,1)");
  }

  @Test
  void gradientsOfImages() {
    assertThat(ConvolutionGraphs.backwardData(X, W, STRIDED, true).arguments())
        .extracting(GraphTensor::name)
        .containsExactly("dy", "w", "dx");
    OperationGraph masked = ConvolutionGraphs.maskedBackwardData(X, W, STRIDED, true);
    assertThat(masked.arguments())
        .extracting(GraphTensor::name)
        .containsExactly("dy", "w", "skip", "mask", "dz");
    assertThat(last(masked))
        .isEqualTo(
            "dz:half[2,64,9,9] = Pointwise(MUL, virtual gradient:float[2,64,9,9],"
                + " mask:boolean[2,64,9,9])");
    assertThat(ConvolutionGraphs.maskedBackwardData(X, W, STRIDED, false).nodes()).hasSize(2);
  }

  @Test
  void statisticsAreThoseOfTheResult() {
    assertThat(last(ConvolutionGraphs.statistics(X, W, STRIDED)))
        .isEqualTo("sum:float[1,128,1,1], sqSum:float[1,128,1,1] = GenStats(y:half[2,128,5,5])");
  }

  static String last(OperationGraph graph) {
    return graph.nodes().getLast().toString();
  }
}
