package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Max pooling; padding never wins.
 *
 * <p>Shapes: src n c h w; dst and workspace n c oh ow. Among equal elements the first in row-major
 * order wins.
 *
 * @param src the input
 * @param dst the largest element of each window
 * @param workspace the position of that element within its window, {@code y * kernelW + x}; null if
 *     no gradient is taken
 * @param window kernel, strides, padding, dilation; with a workspace at most 255 kernel elements,
 *     which backends count in bytes
 */
public record MaxPool2d(Value src, Value dst, @Nullable Value workspace, Window window)
    implements Op {

  private static final int MOST_ELEMENTS = 255;

  /** Checks the shapes. */
  public MaxPool2d {
    ConvShapes.checkPool("MaxPool2d", src, dst, window);
    Check check = new Check("MaxPool2d");
    check.shape(workspace, dst.shape(), "that of " + dst);
    check.type(workspace, DType.U8);
    if (workspace != null) {
      checkPlaces(check, window, workspace);
    }
  }

  static void checkPlaces(Check check, Window window, Value workspace) {
    check.that(
        (long) window.kernelH() * window.kernelW() <= MOST_ELEMENTS,
        "the kernel of %s exceeds %d elements, as many as %s tells apart",
        window,
        MOST_ELEMENTS,
        workspace);
  }

  /**
   * The shape of the result.
   *
   * @throws IllegalArgumentException if the window is larger than the padded image
   */
  public static Shape dstShape(Value src, Window window) {
    return ConvShapes.dst("MaxPool2d", src, src.shape().dim(1), window);
  }

  @Override
  public List<Value> inputs() {
    return List.of(src);
  }

  @Override
  public List<Value> outputs() {
    return Op.present(dst, workspace);
  }
}
