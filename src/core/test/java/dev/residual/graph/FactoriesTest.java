package dev.residual.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What operations make of a name and their source. */
class FactoriesTest {
  private static final Window WINDOW = Window.square(3, 2, 1);
  private static final Shape DST = Shape.of(2, 8, 3, 4);

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64", "BF16", "F16"})
  void aConvolutionMakesItsWeightsBiasAndResult(DType dtype) {
    DType wide = dtype == DType.F64 ? DType.F64 : DType.F32;
    Value src = Value.input("src", Shape.of(2, 6, 5, 7), dtype);
    Value add = Value.input("add", DST, dtype);
    Value bias = Value.parameter("conv.bias", Shape.of(8), wide);
    Value weights = Value.parameter("conv.weight", Shape.of(8, 3, 3, 3), dtype);
    Value dst = Value.activation("conv", DST, dtype);
    assertThat(Conv2d.of("conv", src, 8, WINDOW, 2).withBias().withAdd(add).withRelu())
        .isEqualTo(new Conv2d(src, weights, bias, add, dst, WINDOW, 2, true));
    assertThat(Conv2d.of("conv", src, weights, WINDOW, 2))
        .isEqualTo(new Conv2d(src, weights, null, dst, WINDOW, 2));
    assertThat(Conv2d.of("conv", src, 8, WINDOW).weights().shape()).isEqualTo(Shape.of(8, 6, 3, 3));
  }

  @Test
  void aConvolutionChecksChannelsAndGroups() {
    Value src = Value.input("src", Shape.of(2, 6, 5, 7));
    for (int groups : new int[] {0, -1, 4, 12}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Conv2d.of("conv", src, 8, WINDOW, groups));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Conv2d.of("conv", Value.input("flat", Shape.of(2, 6)), 8, WINDOW))
        .withMessageContaining("flat F32 2x6 must have rank 4");
    Value weights = Value.parameter("w", Shape.of(8, 3, 3, 3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Conv2d.of("conv", src, weights, WINDOW, 1))
        .withMessageContaining("w F32 8x3x3x3 must have shape 8x6x3x3");
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64", "BF16", "F16"})
  void aBatchNormMakesItsParametersStatesAndResults(DType dtype) {
    DType wide = dtype == DType.F64 ? DType.F64 : DType.F32;
    Shape c = Shape.of(8);
    Value src = Value.input("src", DST, dtype);
    Value add = Value.input("add", DST, dtype);
    Value dst = Value.activation("bn", DST, dtype);
    Value scale = Value.parameter("bn.weight", c, wide);
    Value shift = Value.parameter("bn.bias", c, wide);
    Value runningMean = Value.state("bn.running_mean", c, wide);
    Value runningVariance = Value.state("bn.running_var", c, wide);
    Value mask = Value.activation("bn.mask", Shape.of(24), DType.U8);
    BatchNorm norm = BatchNorm.of("bn", src).withAdd(add).withRelu().withMask();
    assertThat(norm)
        .isEqualTo(
            new BatchNorm(
                src,
                scale,
                shift,
                runningMean,
                runningVariance,
                add,
                dst,
                Value.activation("bn.mean", c, wide),
                Value.activation("bn.variance", c, wide),
                mask,
                1e-5,
                0.1,
                true));
    assertThat(BatchNormInference.of("bn", src).withAdd(add).withRelu())
        .isEqualTo(
            new BatchNormInference(
                src, scale, shift, runningMean, runningVariance, add, dst, 1e-5, true));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchNorm.of("bn", Value.input("rows", Shape.of(2, 3))))
        .withMessage("BatchNorm: rows F32 2x3 must have rank 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchNorm.of("bn", src).withMask())
        .withMessageContaining("is given without ReLU");
  }

  @Test
  void theGradientOfABatchNormReadsWhatThisRead() {
    Value src = Value.input("src", DST);
    Value diffDst = Value.input("diffDst", DST);
    Value other = Value.input("other", DST);
    Value diffSrc = Value.activation("diffSrc", DST);
    Value diffAdd = Value.activation("diffAdd", DST);
    Value diffScale = Value.activation("diffScale", Shape.of(8));
    Value diffShift = Value.activation("diffShift", Shape.of(8));
    BatchNorm norm = BatchNorm.of("bn", src).withRelu().withMask();
    BatchNormBackward backward =
        BatchNormBackward.of(norm, diffDst, diffSrc, diffScale, diffShift)
            .withDiffDstAdd(other)
            .withDiffAdd(diffAdd);
    assertThat(backward.inputs())
        .isEqualTo(
            Op.present(
                src, diffDst, other, norm.scale(), norm.mean(), norm.variance(), norm.mask()));
    assertThat(backward.outputs()).isEqualTo(List.of(diffSrc, diffScale, diffShift, diffAdd));
    assertThat(backward.frozen()).isFalse();
    BatchNormInference constant = BatchNormInference.of("bn", src);
    BatchNormBackward frozen =
        BatchNormBackward.frozen(constant, diffDst, diffSrc, diffScale, diffShift);
    assertThat(frozen.inputs())
        .isEqualTo(List.of(src, diffDst, constant.scale(), constant.mean(), constant.variance()));
    assertThat(frozen.frozen()).isTrue();
  }

  @Test
  void anUpdateMakesItsVelocity() {
    Value parameter = Value.parameter("fc.weight", Shape.of(3, 4));
    Value gradient = Value.input("gradient", parameter.shape());
    Value rate = Value.input("rate", Shape.SCALAR);
    Value velocity = Value.state("velocity.fc.weight", parameter.shape(), DType.F32);
    SgdUpdate plain = SgdUpdate.of(parameter, gradient, rate);
    assertThat(plain).isEqualTo(new SgdUpdate(parameter, gradient, null, rate, 0, 0, false));
    assertThat(plain.withMomentum(0.9).withWeightDecay(1e-4).withNesterov())
        .isEqualTo(new SgdUpdate(parameter, gradient, velocity, rate, 0.9, 1e-4, true));
    Value factor = Value.input("factor", Shape.SCALAR);
    assertThat(plain.withFactor(factor).withMomentum(0.9).withWeightDecay(1e-4).withNesterov())
        .isEqualTo(new SgdUpdate(parameter, gradient, velocity, rate, factor, 0.9, 1e-4, true));
    assertThatIllegalArgumentException().isThrownBy(plain::withNesterov);
    Value two = Value.input("two", Shape.of(2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plain.withFactor(two))
        .withMessageContaining("two F32 2 must have shape scalar (one factor)");
  }

  @Test
  void aLossScaleMakesItsStatesAndFactor() {
    Value a = Value.input("a", Shape.of(3, 4));
    Value b = Value.input("b", Shape.of(5));
    LossScaleUpdate update = LossScaleUpdate.of(List.of(a, b)).withGrowthInterval(7);
    Value scale = Value.state("loss_scale", Shape.SCALAR, DType.F32);
    Value goodSteps = Value.state("loss_scale.good_steps", Shape.SCALAR, DType.I32);
    Value factor = Value.activation("gradient_factor", Shape.SCALAR);
    assertThat(update)
        .isEqualTo(new LossScaleUpdate(List.of(a, b), scale, goodSteps, null, factor, 7));
    assertThat(update.inputs()).containsExactly(a, b, scale, goodSteps);
    assertThat(update.updates()).containsExactly(scale, goodSteps);
    assertThat(LossScaleUpdate.of(List.of(a)).growthInterval()).isEqualTo(2000);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LossScaleUpdate.of(List.of()))
        .withMessage("LossScaleUpdate: no gradients are given for loss_scale F32 scalar");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> update.withGrowthInterval(0))
        .withMessageContaining("growth interval is 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LossScaleUpdate.of(List.of(Value.input("h", b.shape(), DType.F16))))
        .withMessageContaining("loss_scale F16 scalar must be F32 or F64");
    Value wide = Value.input("wide", b.shape(), DType.F64);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LossScaleUpdate.of(List.of(a, wide)))
        .withMessageContaining("must have the same type");
  }

  @Test
  void aPoolingMakesItsWorkspace() {
    Value src = Value.input("src", Shape.of(2, 8, 5, 7));
    Value dst = Value.activation("pool", DST);
    Value places = Value.activation("pool.workspace", DST, DType.U8);
    assertThat(MaxPool2d.of("pool", src, WINDOW).withWorkspace())
        .isEqualTo(new MaxPool2d(src, dst, places, WINDOW));
  }
}
