package dev.residual.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import org.junit.jupiter.api.Test;

/** Convolutions worked out by hand: an oracle cannot be tested against itself. */
class KnownConvolutionsTest extends KnownValues {

  @Test
  void convolution() {
    Value dst = activation("dst", 1, 1, 2, 2);
    Op op = new Conv2d(square, kernel, null, dst, Window.square(2, 1, 0), 1);
    assertThat(result(op, dst)).containsExactly(37, 47, 67, 77);
  }

  @Test
  void convolutionWithEpilogue() {
    Value bias = parameter("bias", Shape.of(1), 1);
    Value add = input("add", Shape.of(1, 1, 2, 2), -100, 0, 0, -100);
    Value dst = activation("dst", 1, 1, 2, 2);
    Op op = new Conv2d(square, kernel, bias, add, dst, Window.square(2, 1, 0), 1, true);
    assertThat(result(op, dst)).containsExactly(0, 48, 68, 0);
  }

  @Test
  void convolutionWithStrideAndPaddingAboveAndToTheRight() {
    Value dst = activation("dst", 1, 1, 2, 2);
    Window window = new Window(2, 2, 2, 2, 1, 0, 0, 1, 1, 1);
    Op op = new Conv2d(square, kernel, null, dst, window, 1);
    assertThat(result(op, dst)).containsExactly(11, 9, 67, 33);
  }

  @Test
  void dilatedConvolution() {
    Value dst = activation("dst", 1, 1, 1, 1);
    Op op = new Conv2d(square, kernel, null, dst, Window.square(2, 1, 0).dilated(2), 1);
    assertThat(result(op, dst)).containsExactly(64);
  }

  @Test
  void groupedConvolution() {
    Value src = input("src2", Shape.of(1, 2, 1, 1), 3, 5);
    Value weights = parameter("weights4", Shape.of(4, 1, 1, 1), 1, 2, 10, 20);
    Value dst = activation("dst", 1, 4, 1, 1);
    Op op = new Conv2d(src, weights, null, dst, Window.square(1, 1, 0), 2);
    assertThat(result(op, dst)).containsExactly(3, 6, 50, 100);
  }

  @Test
  void convolutionOverChannelsAndImages() {
    Value src = input("src4", Shape.of(2, 2, 1, 1), 1, 2, 3, 4);
    Value weights = parameter("weights6", Shape.of(3, 2, 1, 1), 1, 10, 2, 20, 3, 30);
    Value dst = activation("dst", 2, 3, 1, 1);
    Op op = new Conv2d(src, weights, null, dst, Window.square(1, 1, 0), 1);
    assertThat(result(op, dst)).containsExactly(21, 42, 63, 43, 86, 129);
  }

  @Test
  void convolutionBackward() {
    Value diffDst = input("diffDst", Shape.of(1, 1, 2, 2), 1, 1, 1, 1);
    Value diffSrc = activation("diffSrc", 1, 1, 3, 3);
    Value diffWeights = activation("diffWeights", 1, 1, 2, 2);
    Value diffBias = activation("diffBias", 1);
    Window window = Window.square(2, 1, 0);
    assertThat(result(new Conv2dBackwardData(diffDst, kernel, diffSrc, window, 1), diffSrc))
        .containsExactly(1, 3, 2, 4, 10, 6, 3, 7, 4);
    Op op = new Conv2dBackwardWeights(square, diffDst, diffWeights, diffBias, window, 1);
    assertThat(result(op, diffWeights)).containsExactly(12, 16, 24, 28);
    assertThat(result(op, diffBias)).containsExactly(4);
  }
}
