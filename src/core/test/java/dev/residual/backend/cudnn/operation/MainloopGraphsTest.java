package dev.residual.backend.cudnn.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MainloopGraphsTest {
  private static final GraphTensor X = GraphTensor.image("images", 2, 64, 4, 4, ElementType.HALF);
  private static final GraphTensor W =
      GraphTensor.filter("filters", 32, 64, 1, 1, ElementType.HALF);
  private static final Convolution PIXELS = Convolution.of(1, 0);

  @Test
  void imagesAreNormalizedAsTheyAreRead() {
    assertThat(MainloopGraphs.statistics(X, W, PIXELS))
        .hasToString(
            """
            virtual scaled:float[2,64,4,4] = Pointwise(MUL, x:half[2,64,4,4], eqScale:half[1,64,1,1])
            virtual shifted:float[2,64,4,4] = Pointwise(ADD, scaled, eqBias:half[1,64,1,1])
            virtual activated:float[2,64,4,4] = Pointwise(RELU_FWD, shifted)
            y:half[2,32,4,4] = ConvolutionForward(activated, w:half[32,64,1,1], \
            stride 1x1 padding 0,0,0,0)
            sum:float[1,32,1,1], sqSum:float[1,32,1,1] = GenStats(y)\
            """);
    assertThat(names(MainloopGraphs.backwardFilter(X, W, PIXELS)))
        .containsExactly("x", "eqScale", "eqBias", "dy", "dw");
  }

  @Test
  void theGradientOfTwoNormsThatWereAdded() {
    OperationGraph graph = MainloopGraphs.backwardData(X, W, PIXELS, true, Addend.NORM);
    assertThat(graph.toString())
        .contains(
            "virtual centred:float[2,64,4,4] = Pointwise(ADD, x:half[2,64,4,4],"
                + " mean:float[1,64,1,1], alpha 1.0 -1.0)",
            "dz:half[2,64,4,4] = Pointwise(RELU_BWD, gradient, total)",
            "eqShift2:float[1,64,1,1] = BnBackwardWeights(mean2, invStd2, scale2, x2, dz)");
    assertThat(names(graph))
        .contains("skip", "bias2", "eqDy", "eqX", "eqShift", "dscale2", "dbias2");
  }

  @Test
  void theGradientOfOneNorm() {
    assertThat(names(MainloopGraphs.backwardData(X, W, PIXELS, false, Addend.NONE)))
        .containsExactly(
            "dy", "w", "x", "mean", "invStd", "scale", "bias", "dz", "dscale", "dbias", "eqDy",
            "eqX", "eqShift");
    assertThat(names(MainloopGraphs.backwardData(X, W, PIXELS, false, Addend.IMAGES)))
        .contains("z")
        .doesNotContain("x2", "skip");
  }

  @Test
  void theGradientOfWhatWasNormalized() {
    assertThat(names(MainloopGraphs.apply(X, true)))
        .containsExactly(
            "dz", "eqDy", "x", "eqX", "eqShift", "dx", "eqDy2", "x2", "eqX2", "eqShift2", "dx2");
    assertThat(MainloopGraphs.apply(X, false).nodes()).hasSize(4);
  }

  private static List<String> names(OperationGraph graph) {
    return graph.arguments().stream().map(GraphTensor::name).toList();
  }
}
