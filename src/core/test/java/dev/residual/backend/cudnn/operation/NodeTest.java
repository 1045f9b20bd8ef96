package dev.residual.backend.cudnn.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class NodeTest {
  private static final GraphTensor X = image("x", 2, 8, 9, 7);
  private static final GraphTensor EPSILON =
      GraphTensor.constant("epsilon", ElementType.FLOAT, 1e-5);
  private static final GraphTensor MOMENTUM =
      GraphTensor.constant("momentum", ElementType.FLOAT, 0.1);

  private static GraphTensor image(String name, long n, long c, long h, long w) {
    return GraphTensor.image(name, n, c, h, w, ElementType.HALF);
  }

  private static GraphTensor filter(long k, long c, long r, long s) {
    return GraphTensor.filter("w", k, c, r, s, ElementType.HALF);
  }

  private static GraphTensor channels(String name) {
    return GraphTensor.channels(name, 8, ElementType.FLOAT);
  }

  private static void refused(ThrowingCallable construction, String words) {
    assertThatIllegalArgumentException().isThrownBy(construction).withMessageContaining(words);
  }

  @Test
  void aConvolutionGivesWhatItsWindowFinds() {
    Convolution uneven = new Convolution(2, 1, 1, 0, 2, 1, 2, 3);
    // Rows: (9 + 1 - 5) / 2 + 1; columns: 7 + 3 - 7 + 1.
    GraphTensor y = image("y", 2, 4, 3, 4);
    assertThatNoException()
        .isThrownBy(() -> new ConvolutionForward(X, filter(4, 8, 3, 3), y, uneven));
    refused(
        () -> new ConvolutionForward(X, filter(4, 8, 3, 3), image("y", 2, 4, 4, 3), uneven),
        "gives [2, 4, 3, 4], not y:half[2,4,4,3]");
    assertThat(uneven).hasToString("stride 2x1 padding 1,0,2,1 dilation 2x3");
    refused(() -> Convolution.of(0, 1), "stride 0x0");
    refused(() -> Convolution.of(1, -1), "padding -1,-1,-1,-1");
  }

  @Test
  void groupsFollowFromTheChannels() {
    GraphTensor y = image("y", 2, 4, 9, 7);
    Convolution same = Convolution.of(1, 1);
    for (int channels : new int[] {8, 4, 2}) {
      GraphTensor w = filter(4, channels, 3, 3);
      assertThatNoException().isThrownBy(() -> new ConvolutionForward(X, w, y, same));
      assertThatNoException().isThrownBy(() -> new ConvolutionBackwardData(y, w, X, same));
      assertThatNoException().isThrownBy(() -> new ConvolutionBackwardFilter(X, y, w, same));
    }
    for (int channels : new int[] {3, 16, 1}) {
      refused(
          () -> new ConvolutionForward(X, filter(4, channels, 3, 3), y, same),
          "a number of groups that divides the filters");
    }
    refused(
        () -> new ConvolutionBackwardData(y, filter(4, 8, 3, 3), image("x", 2, 8, 9, 8), same),
        "ConvolutionBackwardData: ");
    refused(
        () -> new ConvolutionBackwardFilter(X, y, filter(4, 8, 5, 3), same),
        "ConvolutionBackwardFilter: ");
  }

  @Test
  void aGradientThatIsAddedReadsWhatItIsAddedTo() {
    GraphTensor dy = image("dy", 2, 4, 9, 7);
    GraphTensor w = filter(4, 8, 3, 3);
    Convolution same = Convolution.of(1, 1);
    ConvolutionBackwardData added = new ConvolutionBackwardData(dy, w, X, same, true);
    assertThat(added.inputs()).containsExactly(dy, w, X);
    assertThat(added.toString()).endsWith("padding 1,1,1,1, added)");
    ConvolutionBackwardData plain = new ConvolutionBackwardData(dy, w, X, same);
    assertThat(plain.inputs()).containsExactly(dy, w);
    assertThat(plain.toString()).endsWith("padding 1,1,1,1)");
    refused(
        () -> new ConvolutionBackwardData(dy, w, X.asVirtual(), same, true),
        "nothing can be added to virtual x");
  }

  @Test
  void pointwiseOperandsAreStretched() {
    GraphTensor y = X.named("y");
    assertThatNoException()
        .isThrownBy(() -> Pointwise.of(Pointwise.Mode.MUL, X, channels("scale"), y));
    refused(
        () -> Pointwise.of(Pointwise.Mode.ADD, X, image("b", 1, 4, 1, 1), y),
        "each extent of b:half[1,4,1,1] must be 1 or that of y:half[2,8,9,7]");
    refused(() -> Pointwise.of(Pointwise.Mode.ADD, X, y), "Pointwise ADD: 2 operands");
    refused(() -> Pointwise.of(Pointwise.Mode.RELU_FWD, X, X, y), "Pointwise RELU_FWD: 1 operands");
  }

  @Test
  void pointwiseFactorsAreTold() {
    GraphTensor y = X.named("y");
    assertThat(new Pointwise(Pointwise.Mode.ADD, X, channels("b"), y, 1, -1))
        .hasToString(
            "y:half[2,8,9,7] = Pointwise(ADD, x:half[2,8,9,7], b:float[1,8,1,1], alpha 1.0 -1.0)");
    assertThat(Pointwise.of(Pointwise.Mode.RELU_FWD, X, y))
        .hasToString("y:half[2,8,9,7] = Pointwise(RELU_FWD, x:half[2,8,9,7])");
  }

  @Test
  void aReductionGivesOneNumberWhereTheResultHasOne() {
    assertThat(new Reduction(Reduction.Operator.ADD, X, channels("sum")))
        .hasToString("sum:float[1,8,1,1] = Reduction(ADD, x:half[2,8,9,7])");
    refused(
        () -> new Reduction(Reduction.Operator.ADD, X, image("sum", 1, 4, 1, 1)),
        "each extent of sum:half[1,4,1,1]");
  }

  @Test
  void aNormalizationForTrainingKeepsStatisticsOrNone() {
    GraphTensor y = X.named("y");
    NormForward plain = training(null, y);
    assertThat(plain.inputs())
        .extracting(GraphTensor::name)
        .containsExactly("x", "s", "b", "epsilon");
    assertThat(plain.outputs()).extracting(GraphTensor::name).containsExactly("y", "m", "v");
    assertThat(plain)
        .hasToString(
            "y:half[2,8,9,7], m:float[1,8,1,1], v:float[1,8,1,1], -, - ="
                + " NormForward(TRAINING, x:half[2,8,9,7], s:float[1,8,1,1], b:float[1,8,1,1],"
                + " epsilon:float=1.0E-5, -, -, -)");
    refused(() -> training(MOMENTUM, y), "running statistics and momentum go together");
    refused(() -> training(null, image("y", 2, 8, 9, 6)), "must have the same extents");
  }

  private static NormForward training(GraphTensor momentum, GraphTensor y) {
    return new NormForward(
        NormForward.Phase.TRAINING,
        X,
        channels("s"),
        channels("b"),
        EPSILON,
        momentum,
        null,
        null,
        null,
        null,
        channels("m"),
        channels("v"),
        y);
  }

  @Test
  void aNormalizationForInferenceIsGivenItsStatistics() {
    NormForward inference =
        NormForward.inference(
            X, channels("s"), channels("b"), channels("m"), channels("v"), X.named("y"));
    assertThat(inference.inputs())
        .extracting(GraphTensor::name)
        .containsExactly("x", "s", "b", "m", "v");
    assertThat(inference.outputs()).extracting(GraphTensor::name).containsExactly("y");
    refused(
        () ->
            NormForward.inference(
                X,
                channels("s"),
                GraphTensor.channels("b", 9, ElementType.FLOAT),
                channels("m"),
                channels("v"),
                X.named("y")),
        "b:float[1,9,1,1] must have the extents [1, 8, 1, 1]");
  }

  @Test
  void aGradientOfANormalizationPrints() {
    NormBackward node =
        new NormBackward(
            X,
            channels("m"),
            channels("v"),
            X.named("dy"),
            channels("s"),
            channels("ds"),
            channels("db"),
            X.named("dx"),
            null);
    assertThat(node)
        .hasToString(
            "dx:half[2,8,9,7], ds:float[1,8,1,1], db:float[1,8,1,1] ="
                + " NormBackward(x:half[2,8,9,7], m:float[1,8,1,1], v:float[1,8,1,1],"
                + " dy:half[2,8,9,7], s:float[1,8,1,1], -)");
  }

  @Test
  void statisticsAreFinalizedWithACountOfIntegers() {
    GraphTensor count = GraphTensor.constant("count", ElementType.INT64, 126);
    BnFinalize node = finalize(count);
    assertThat(node.outputs())
        .extracting(GraphTensor::name)
        .containsExactly("eqScale", "eqBias", "mean", "invStd");
    assertThat(node.toString()).contains("count:int64=126.0").contains("-, -, count");
    refused(
        () -> finalize(GraphTensor.constant("count", ElementType.FLOAT, 126)),
        "the count is of the type int64");
  }

  private static BnFinalize finalize(GraphTensor count) {
    return new BnFinalize(
        channels("sum"),
        channels("sqSum"),
        channels("scale"),
        channels("bias"),
        null,
        null,
        null,
        null,
        channels("mean"),
        channels("invStd"),
        GraphTensor.channels("eqScale", 8, ElementType.HALF),
        GraphTensor.channels("eqBias", 8, ElementType.HALF),
        count,
        EPSILON,
        null);
  }

  @Test
  void gradientsOfWeightsOfANormalizationAreChecked() {
    refused(
        () ->
            new BnBackwardWeights(
                channels("m"),
                channels("i"),
                channels("s"),
                X,
                X.named("dy"),
                channels("ds"),
                channels("db"),
                channels("a"),
                channels("b"),
                GraphTensor.channels("c", 7, ElementType.FLOAT)),
        "BnBackwardWeights: c:float[1,7,1,1]");
  }
}
