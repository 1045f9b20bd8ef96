package dev.residual.backend.onednn;

import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Span;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.stream.IntStream;

/**
 * Convolutions that oneDNN 3.13 is known to compute wrongly, or to end the process with, by
 * implementation. {@code native/README.md} has an example of each.
 */
final class KnownFaults {
  /** The plain loops, which are slow and right. */
  private static final String PLAIN = "ref";

  /** Channels that are taken from strided positions as one block, even where there are fewer. */
  private static final int BLOCK = 16;

  private KnownFaults() {}

  /**
   * Whether an implementation is not known to be wrong.
   *
   * @param convolution the shapes
   * @param window the window that oneDNN is given
   */
  static boolean spare(String implementation, Convolved convolution, Window window) {
    if (implementation.startsWith(PLAIN)) {
      return true;
    }
    return !seesPaddingAlone(convolution, window)
        && !isStridedColumn(convolution, window)
        && !(implementation.startsWith("brg") && isSignedGroup(convolution))
        && !(convolution.op() instanceof Conv2dBackwardWeights gradient
            && isWrongGradient(implementation, gradient, window));
  }

  /** Whether there is nothing faster than plain loops that is not known to be wrong. */
  static boolean leavePlainLoops(Convolved convolution, Window window) {
    return !spare("", convolution, window);
  }

  /** A kernel is called that does not exist, or sums of signed integers miss a correction. */
  static boolean seesPaddingAlone(Convolved convolution, Window window) {
    Shape src = convolution.src().shape();
    Shape dst = convolution.dst().shape();
    return IntStream.range(0, dst.dim(2))
            .anyMatch(y -> Span.rows(window, y, src.dim(2)).size() == 0)
        || IntStream.range(0, dst.dim(3))
            .anyMatch(x -> Span.columns(window, x, src.dim(3)).size() == 0);
  }

  /** The stride is taken for that of a row of several results. */
  private static boolean isStridedColumn(Convolved convolution, Window window) {
    return convolution.dst().shape().dim(3) == 1 && window.strideW() > 1;
  }

  /** The correction for signed sources is read as if groups were whole blocks of channels. */
  private static boolean isSignedGroup(Convolved convolution) {
    return convolution.src().dtype() == DType.S8
        && convolution.groups() > 1
        && convolution.dst().shape().dim(1) / convolution.groups() % BLOCK != 0;
  }

  private static boolean isWrongGradient(
      String implementation, Conv2dBackwardWeights op, Window window) {
    int channels = op.src().shape().dim(1) / op.groups();
    if (implementation.contains("1x1")) {
      // A block of channels is taken all the same, and written beyond the scratchpad.
      return window.isStrided() && channels < BLOCK;
    }
    if (op.src().dtype() == DType.BF16 && implementation.startsWith("jit_bf16")) {
      // Pairs of positions are read beyond the end of the source, or between dilated elements.
      return channels == 1 || window.dilationH() > 1 || window.dilationW() > 1;
    }
    return false;
  }
}
