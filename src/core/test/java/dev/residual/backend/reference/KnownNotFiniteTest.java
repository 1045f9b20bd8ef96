package dev.residual.backend.reference;

import static java.lang.Double.NEGATIVE_INFINITY;
import static java.lang.Double.NaN;
import static java.lang.Double.POSITIVE_INFINITY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Dropout;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What PyTorch makes of elements that are no finite numbers, and of windows without elements. */
class KnownNotFiniteTest extends KnownValues {

  @Test
  void aNaNAnywhereInAWindowWinsMaxPooling() {
    Value src = input("x", Shape.of(1, 1, 2, 4), 1, NaN, 3, 4, NaN, 6, 7, POSITIVE_INFINITY);
    Value dst = activation("dst", 1, 1, 1, 3);
    Value workspace = Value.activation("workspace", dst.shape(), DType.U8);
    Op op = new MaxPool2d(src, dst, workspace, Window.square(2, 1, 0));
    assertThat(result(op, dst)).containsExactly(NaN, NaN, POSITIVE_INFINITY);
    assertThat(result(op, workspace)).containsExactly(2, 0, 3);
  }

  @Test
  void ofElementsThatAreAllNegativeInfinityTheFirstWins() {
    double[] elements = {NEGATIVE_INFINITY, NEGATIVE_INFINITY};
    Value src = input("x", Shape.of(1, 1, 1, 2), elements);
    Value dst = activation("dst", 1, 1, 1, 3);
    Value workspace = Value.activation("workspace", dst.shape(), DType.U8);
    Op op = new MaxPool2d(src, dst, workspace, new Window(1, 2, 1, 1, 0, 1, 0, 1, 1, 1));
    assertThat(result(op, dst)).containsOnly(NEGATIVE_INFINITY);
    assertThat(result(op, workspace)).containsExactly(1, 0, 0);
  }

  @Test
  void aWindowOverPaddingAloneHasNegativeInfinityAndTheMeanZero() {
    Value src = input("x", Shape.of(1, 1, 1, 1), 8);
    Window window = new Window(1, 1, 1, 2, 0, 2, 0, 2, 1, 1);
    Value dst = activation("dst", 1, 1, 1, 3);
    Value diff = input("diff", dst.shape(), 1, 2, 4);
    Value workspace = give(Value.input("workspace", dst.shape(), DType.U8), 0, 0, 0);
    Value diffSrc = activation("diffSrc", 1, 1, 1, 1);
    assertThat(result(new MaxPool2d(src, dst, null, window), dst))
        .containsExactly(NEGATIVE_INFINITY, 8, NEGATIVE_INFINITY);
    assertThat(result(new MaxPool2dBackward(diff, workspace, diffSrc, window), diffSrc))
        .containsExactly(2);
    for (boolean padding : new boolean[] {true, false}) {
      assertThat(result(new AvgPool2d(src, dst, window, padding), dst)).containsExactly(0, 8, 0);
      assertThat(result(new AvgPool2dBackward(diff, diffSrc, window, padding), diffSrc))
          .containsExactly(2);
    }
  }

  @Test
  void dilatedAveragePooling() {
    Value dst = activation("dst", 1, 1, 1, 1);
    Op op = new AvgPool2d(square, dst, Window.square(2, 1, 0).dilated(2), true);
    assertThat(result(op, dst)).containsExactly((1 + 3 + 7 + 9) / 4.0);
  }

  @Test
  void placesBeyondAByteAreTold() {
    double[] elements = new double[300];
    elements[299] = 1;
    Value src = input("x", Shape.of(1, 1, 1, 300), elements);
    Window window = new Window(1, 300, 1, 1, 0, 0, 0, 0, 1, 1);
    Value dst = activation("dst", 1, 1, 1, 1);
    Value workspace = Value.activation("workspace", dst.shape(), DType.I32);
    assertThat(result(new MaxPool2d(src, dst, workspace, window), workspace)).containsExactly(299);
  }

  @Test
  void reluKeepsNaNAndLetsItsGradientPass() {
    double[] elements = {NaN, NEGATIVE_INFINITY, POSITIVE_INFINITY, -1};
    Value src = input("x", Shape.of(4), elements);
    Value dst = activation("dst", 4);
    assertThat(result(new Relu(src, dst), dst)).containsExactly(NaN, 0, POSITIVE_INFINITY, 0);
    Value y = input("y", Shape.of(4), NaN, 0, POSITIVE_INFINITY, 0);
    Value diffDst = input("diffDst", Shape.of(4), 5, NaN, 7, POSITIVE_INFINITY);
    assertThat(result(new ReluBackward(y, diffDst, dst), dst)).containsExactly(5, 0, 7, 0);
  }

  @Test
  void dropoutKeepsNaN() {
    double[] elements = new double[64];
    Arrays.fill(elements, NaN);
    Value src = input("x", Shape.of(64), elements);
    Value dst = activation("dst", 64);
    Value mask = Value.activation("mask", dst.shape(), DType.U8);
    Value random = Value.state("random", Shape.of(1), DType.I64);
    assertThat(result(new Dropout(src, random, dst, mask, 0.5), dst)).containsOnly(NaN);
  }

  @Test
  void aClassThatIsImpossibleLeavesTheLossFinite() {
    Value logits = input("logits", Shape.of(1, 3), 0, NEGATIVE_INFINITY, 0);
    Value labels = give(Value.input("labels", Shape.of(1), DType.I32), 0);
    Value loss = activation("loss");
    assertThat(result(new SoftmaxCrossEntropy(logits, labels, loss, 0), loss)[0])
        .isCloseTo(Math.log(2), within(1e-15));
    assertThat(result(new SoftmaxCrossEntropy(logits, labels, loss, 0.1), loss))
        .containsExactly(POSITIVE_INFINITY);
  }

  /** In PyTorch this hangs on the algorithm: some multiply the zeros, and give NaN. */
  @Test
  void weightsOfNaNDoNotMeetPadding() {
    Value weights = parameter("w", Shape.of(1, 1, 1, 3), NaN, 1, 1);
    Value src = input("x", Shape.of(1, 1, 1, 3), 1, 2, 3);
    Value dst = activation("dst", 1, 1, 1, 3);
    Op op = new Conv2d(src, weights, null, dst, new Window(1, 3, 1, 1, 0, 1, 0, 1, 1, 1), 1);
    assertThat(result(op, dst)).containsExactly(3, NaN, NaN);
  }
}
