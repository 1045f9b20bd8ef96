package dev.residual.backend.onednn;

import dev.residual.engine.UnsupportedOpException;
import dev.residual.engine.program.Buffer;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some images, or rows of one, that add to a gradient of weights. oneDNN sums all products of a
 * weight in one float, and counts elements in 32 bits: so large ones are taken in slices, whose
 * sums are summed.
 *
 * @param image the first image
 * @param images how many
 * @param srcRow the first row of the source
 * @param srcRows how many
 * @param dstRow the first row of the gradient of the result
 * @param dstRows how many
 * @param window the window over these rows
 */
record GradientSlice(
    int image, int images, int srcRow, int srcRows, int dstRow, int dstRows, Window window) {
  private static final long MOST_ELEMENTS = Integer.MAX_VALUE;

  /** Elements beyond which a float that sums all products loses hundredths of the sum. */
  private static final long MANY_ELEMENTS = 1L << 28;

  /** Elements of a slice, few enough for sums in floats. */
  private static final long ELEMENTS = 1L << 26;

  /**
   * The slices of an operation that is too large; none if it is not.
   *
   * @throws UnsupportedOpException if there are more elements than oneDNN counts, and slices leave
   *     out rows that count for a bias
   */
  static List<GradientSlice> of(Conv2dBackwardWeights op) {
    long elements = Math.max(op.src().shape().elements(), op.diffDst().shape().elements());
    if (elements <= MANY_ELEMENTS) {
      return List.of();
    }
    List<GradientSlice> slices = of(op, ELEMENTS);
    long rows = (long) op.diffDst().shape().dim(0) * op.diffDst().shape().dim(2);
    if (op.diffBias() == null
        || slices.stream().mapToLong(s -> (long) s.images * s.dstRows).sum() == rows) {
      return slices;
    }
    if (elements > MOST_ELEMENTS) {
      throw new UnsupportedOpException(
          OneDnnBackend.NAME,
          op,
          "it has a bias, results over padding alone, and more elements than oneDNN counts");
    }
    return List.of();
  }

  /** The slices of so many elements of the larger tensor, or one row. */
  static List<GradientSlice> of(Conv2dBackwardWeights op, long elements) {
    Shape src = op.src().shape();
    Shape dst = op.diffDst().shape();
    Window window = op.window();
    long image = Math.max(src.elements() / src.dim(0), dst.elements() / dst.dim(0));
    long row =
        Math.max(
            (long) dst.dim(1) * dst.dim(3),
            (long) src.dim(1) * src.dim(3) * Math.min(window.strideH(), src.dim(2)));
    int images = (int) Math.clamp(elements / image, 1, dst.dim(0));
    int rows = (int) Math.clamp(elements / row, 1, dst.dim(2));
    List<GradientSlice> slices = new ArrayList<>();
    for (int first = 0; first < dst.dim(0); first += images) {
      int count = Math.min(images, dst.dim(0) - first);
      if (elements >= image) {
        slices.add(new GradientSlice(first, count, 0, src.dim(2), 0, dst.dim(2), window));
        continue;
      }
      for (int top = 0; top < dst.dim(2); top += rows) {
        GradientSlice slice =
            rows(window, src.dim(2), first, top, Math.min(rows, dst.dim(2) - top));
        if (slice.srcRows > 0) {
          slices.add(slice);
        }
      }
    }
    return slices;
  }

  private static GradientSlice rows(Window window, int height, int image, int first, int rows) {
    long top = (long) first * window.strideH() - window.padTop();
    long end =
        top + (rows - 1L) * window.strideH() + (window.kernelH() - 1L) * window.dilationH() + 1;
    int srcRow = (int) Math.clamp(top, 0, height);
    int srcEnd = (int) Math.clamp(end, srcRow, height);
    Window part =
        new Window(
            window.kernelH(),
            window.kernelW(),
            window.strideH(),
            window.strideW(),
            Math.toIntExact(srcRow - Math.min(top, srcRow)),
            window.padLeft(),
            Math.toIntExact(end - Math.min(end, srcEnd)),
            window.padRight(),
            window.dilationH(),
            window.dilationW());
    return new GradientSlice(image, 1, srcRow, srcEnd - srcRow, first, rows, part);
  }

  /**
   * The operation on these alone.
   *
   * @param diffWeights where their gradient of the weights goes
   * @param diffBias where that of the bias goes, if there is one
   */
  Conv2dBackwardWeights part(
      Conv2dBackwardWeights op, Value diffWeights, @Nullable Value diffBias) {
    return new Conv2dBackwardWeights(
        rows(op.src(), srcRows),
        rows(op.diffDst(), dstRows),
        diffWeights,
        diffBias,
        window,
        op.groups());
  }

  private Value rows(Value whole, int rows) {
    Shape shape = Shape.of(images, whole.shape().dim(1), rows, whole.shape().dim(3));
    return Value.input(whole.name(), shape, whole.dtype());
  }

  /** What is read of the source in its memory. */
  Buffer src(Buffer whole, Value src) {
    return rows(whole, src, srcRow, srcRows);
  }

  /** What is read of the gradient of the result in its memory. */
  Buffer diffDst(Buffer whole, Value diffDst) {
    return rows(whole, diffDst, dstRow, dstRows);
  }

  private Buffer rows(Buffer whole, Value value, int row, int rows) {
    long bytes = (long) value.shape().dim(1) * value.shape().dim(3) * value.dtype().bytes();
    long start = image * (long) value.shape().dim(2) + row;
    return whole.slice(start * bytes, (long) images * rows * bytes);
  }
}
