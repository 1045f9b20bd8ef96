package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Max pooling; padding never wins.
 *
 * <p>Shapes: src n c h w; dst and workspace n c oh ow. Among equal elements the first in row-major
 * order wins. NaN wins over all numbers; among several NaN, the last. A window over padding alone
 * has negative infinity, and no gradient.
 *
 * @param src the input
 * @param dst the largest element of each window
 * @param workspace the position of that element within its window, {@code y * kernelW + x}; null if
 *     no gradient is taken; of {@link #workspaceType}
 * @param window kernel, strides, padding, dilation
 */
public record MaxPool2d(Value src, Value dst, @Nullable Value workspace, Window window)
    implements Op {

  /** As many places as a byte tells apart. */
  private static final long BYTE_PLACES = 256;

  /** Checks the shapes. */
  public MaxPool2d {
    ConvShapes.checkPool("MaxPool2d", src, dst, window);
    if (workspace != null) {
      checkWorkspace(new Check("MaxPool2d"), workspace, dst, window);
    }
  }

  /**
   * The pooling without workspace.
   *
   * @param name of the result, n c oh ow
   * @param src n c h w
   */
  public static MaxPool2d of(String name, Value src, Window window) {
    Value dst = Value.activation(name, dstShape(src, window), src.dtype());
    return new MaxPool2d(src, dst, null, window);
  }

  /** This with a workspace of its own, {@code name.workspace} with the result's name. */
  public MaxPool2d withWorkspace() {
    return withWorkspace(dst.name() + ".workspace");
  }

  /**
   * This with a workspace of its own.
   *
   * @param name of the workspace, n c oh ow
   */
  public MaxPool2d withWorkspace(String name) {
    Value places = Value.activation(name, dst.shape(), workspaceType(window));
    return new MaxPool2d(src, dst, places, window);
  }

  static void checkWorkspace(Check check, Value workspace, Value dst, Window window) {
    check.shape(workspace, dst.shape(), "that of " + dst);
    check.type(workspace, workspaceType(window));
    check.that(
        window.kernelElements() <= Integer.MAX_VALUE,
        "the kernel of %s has more elements than %s tells apart",
        window,
        workspace);
  }

  /** The type of a workspace: {@link DType#U8} for kernels of up to 256 elements, else I32. */
  public static DType workspaceType(Window window) {
    return window.kernelElements() <= BYTE_PLACES ? DType.U8 : DType.I32;
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

  @Override
  public MaxPool2d map(UnaryOperator<Value> values) {
    return new MaxPool2d(
        values.apply(src), values.apply(dst), Value.mapped(workspace, values), window);
  }
}
