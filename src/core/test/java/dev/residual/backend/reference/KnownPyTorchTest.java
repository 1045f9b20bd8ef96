package dev.residual.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.AdaptiveAvgPool2dBackward;
import dev.residual.graph.Eltwise;
import dev.residual.graph.Eltwise.Function;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import org.junit.jupiter.api.Test;

/** Values and gradients that PyTorch 2.13 computes in double precision. */
class KnownPyTorchTest extends KnownValues {
  private final Value x = input("x", Shape.of(8), -5, -3, -1, -0.25, 0, 0.5, 2, 6);

  /** cross_entropy with probabilities, without and with label_smoothing. */
  @Test
  void crossEntropyOfProbabilities() {
    Value logits = input("logits", Shape.of(2, 3), 1, 2, 3, 0.5, -1, 0.25);
    Value targets = input("targets", Shape.of(2, 3), 0.2, 0.5, 0.3, 0, 0.4, 0.6);
    Value loss = Value.activation("loss", Shape.SCALAR, DType.F64);
    Value diff = activation("diff", 2, 3);
    assertThat(result(new SoftmaxCrossEntropy(logits, targets, loss, 0), loss)[0])
        .isCloseTo(1.3758590754231472, within(1e-12));
    assertThat(result(new SoftmaxCrossEntropy(logits, targets, loss, 0.2), loss)[0])
        .isCloseTo(1.3691924087564808, within(1e-12));
    assertThat(result(new SoftmaxCrossEntropyBackward(logits, targets, null, diff, 0.2), diff))
        .containsExactly(
            new double[] {
              -0.06831804674814312,
              -0.11096909780593452,
              0.17928714455407757,
              0.21642553157327413,
              -0.13760459780823198,
              -0.07882093376504223
            },
            within(1e-12));
  }

  @Test
  void gelu() {
    assertThat(values(Function.GELU, 0, 0))
        .containsExactly(
            new double[] {
              -1.4332578593401202e-06,
              -0.00404969409489031,
              -0.15865525393145702,
              -0.10032341857926907,
              0,
              0.34573123063700656,
              1.9544997361036416,
              5.999999994080474
            },
            within(1e-14));
    assertThat(gradients(Function.GELU, 0, 0))
        .containsExactly(
            new double[] {
              -7.1469460018034646e-06,
              -0.01194564720418392,
              -0.08331547058768635,
              0.304626645116364,
              0.5,
              0.8674951246561629,
              1.085231801078197,
              1.0000000354687093
            },
            within(1e-14));
  }

  /** silu, hardswish, hardtanh and leaky_relu. */
  @Test
  void gradientsOfFunctions() {
    assertThat(gradients(Function.SWISH, 0, 0))
        .containsExactly(
            new double[] {
              -0.026547432429665917,
              -0.08810410601516962,
              0.07232948812851325,
              0.37628997842980233,
              0.5,
              0.7399611873026519,
              1.0907842487848955,
              1.0123264325915249
            },
            within(1e-14));
    double third = 1 / 3.0;
    assertThat(gradients(Function.HARD_SWISH, 1 / 6.0, 0.5))
        .containsExactly(
            new double[] {0, 0, 0.5 - third, 0.5 - third / 4, 0.5, 0.5 + third / 2, 3.5 * third, 1},
            within(1e-14));
    assertThat(gradients(Function.CLIP, -1, 1)).containsExactly(0, 0, 0, 1, 1, 1, 0, 0);
    assertThat(gradients(Function.LEAKY_RELU, 0.1, 0))
        .containsExactly(0.1, 0.1, 0.1, 0.1, 0.1, 1, 1, 1);
  }

  @Test
  void partsOfAdaptivePoolingOverlap() {
    double[] squares = new double[35];
    for (int i = 0; i < squares.length; i++) {
      squares[i] = i * i;
    }
    Value src = input("src", Shape.of(1, 1, 5, 7), squares);
    Value dst = activation("dst", 1, 1, 2, 3);
    assertThat(result(new AdaptiveAvgPool2d(src, dst), dst))
        .containsExactly(
            new double[] {292 / 3.0, 400 / 3.0, 532 / 3.0, 1552 / 3.0, 1828 / 3.0, 2128 / 3.0},
            within(1e-11));
    Value diffDst = input("diffDst", Shape.of(1, 1, 2, 3), 1, 2, 3, 4, 5, 6);
    Value diffSrc = activation("diffSrc", 1, 1, 5, 7);
    double[] ninths = {
      1, 1, 3, 2, 5, 3, 3,
      1, 1, 3, 2, 5, 3, 3,
      5, 5, 12, 7, 16, 9, 9,
      4, 4, 9, 5, 11, 6, 6,
      4, 4, 9, 5, 11, 6, 6
    };
    double[] diff = result(new AdaptiveAvgPool2dBackward(diffDst, diffSrc), diffSrc);
    for (int i = 0; i < diff.length; i++) {
      assertThat(diff[i] * 9).isCloseTo(ninths[i], within(1e-12));
    }
  }

  private double[] values(Function function, double alpha, double beta) {
    Value dst = activation("dst", 8);
    return result(new Eltwise(x, dst, function, alpha, beta), dst);
  }

  private double[] gradients(Function function, double alpha, double beta) {
    Value diffDst = input("diffDst", Shape.of(8), 1, 1, 1, 1, 1, 1, 1, 1);
    Value diffSrc = activation("diffSrc", 8);
    return result(new EltwiseBackward(x, diffDst, diffSrc, function, alpha, beta), diffSrc);
  }
}
