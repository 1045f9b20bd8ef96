package dev.residual.backend.cudnn.operation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NormGraphsTest {
  private static final GraphTensor X = GraphTensor.image("images", 2, 8, 4, 4, ElementType.HALF);

  @Test
  void trainingWithAddReluAndMask() {
    assertThat(NormGraphs.training(X, 1e-5, 0.1, true, true, true))
        .hasToString(
            """
            virtual normalized:float[2,8,4,4], mean:float[1,8,1,1], invStd:float[1,8,1,1], \
            newRunningMean:float[1,8,1,1], newRunningVar:float[1,8,1,1] = NormForward(TRAINING, \
            x:half[2,8,4,4], scale:float[1,8,1,1], bias:float[1,8,1,1], epsilon:float=1.0E-5, \
            momentum:float=0.1, runningMean:float[1,8,1,1], runningVar:float[1,8,1,1])
            virtual total:float[2,8,4,4] = Pointwise(ADD, normalized, z:half[2,8,4,4])
            y:half[2,8,4,4] = Pointwise(RELU_FWD, total)
            mask:boolean[2,8,4,4] = Pointwise(CMP_GT, y, zero:float=0.0)\
            """);
    assertThat(NormGraphs.training(X, 1e-5, 0.1, false, false, false).nodes()).hasSize(1);
  }

  @Test
  void theGradientBehindAMaskHasTheTypeOfTheImagesEvenWhereItIsNotStored() {
    assertThat(NormGraphs.maskedBackward(X, false, false).toString())
        .startsWith(
            "virtual dz:half[2,8,4,4] = Pointwise(MUL, dy:half[2,8,4,4], mask:boolean[2,8,4,4])");
    assertThat(NormGraphs.maskedBackward(X, true, true).arguments())
        .extracting(GraphTensor::name)
        .containsExactly(
            "dy", "dy2", "mask", "dz", "x", "mean", "invStd", "scale", "dx", "dscale", "dbias");
    assertThat(NormGraphs.backward(X).arguments()).doesNotContain(Tensors.mask(X));
  }

  @Test
  void theCountIsThatOfTheElementsOfAChannel() {
    OperationGraph graph = NormGraphs.finish(X, 1e-5, 0.1, ElementType.HALF);
    assertThat(graph.toString())
        .contains("count:int64=32.0", "eqScale:half[1,8,1,1]", "eqBias:half[1,8,1,1]");
  }

  @Test
  void oneNormIsAddedToAnother() {
    assertThat(NormGraphs.apply(X, Addend.NORM, true, false, ElementType.FLOAT))
        .hasToString(
            """
            virtual scaled:float[2,8,4,4] = Pointwise(MUL, x:half[2,8,4,4], eqScale:float[1,8,1,1])
            virtual shifted:float[2,8,4,4] = Pointwise(ADD, scaled, eqBias:float[1,8,1,1])
            virtual scaled2:float[2,8,4,4] = Pointwise(MUL, x2:half[2,8,4,4], eqScale2:float[1,8,1,1])
            virtual shifted2:float[2,8,4,4] = Pointwise(ADD, scaled2, eqBias2:float[1,8,1,1])
            virtual total:float[2,8,4,4] = Pointwise(ADD, shifted, shifted2)
            y:half[2,8,4,4] = Pointwise(RELU_FWD, total)\
            """);
    assertThat(NormGraphs.apply(X, Addend.IMAGES, false, false, ElementType.FLOAT).arguments())
        .extracting(GraphTensor::name)
        .containsExactly("x", "eqScale", "eqBias", "z", "y");
    assertThat(NormGraphs.apply(X, Addend.NONE, false, false, ElementType.FLOAT).nodes())
        .hasSize(2);
  }
}
