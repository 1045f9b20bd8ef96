package dev.residual.graph;

import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Average pooling.
 *
 * <p>Shapes: src n c h w; dst n c oh ow. A window over padding alone has the mean 0.
 *
 * @param src the input
 * @param dst the mean of each window
 * @param window kernel, strides, padding, dilation
 * @param includePadding whether padding counts as zeros (PyTorch's count_include_pad) or is left
 *     out of the mean
 */
public record AvgPool2d(Value src, Value dst, Window window, boolean includePadding) implements Op {

  /** Checks the shapes. */
  public AvgPool2d {
    ConvShapes.checkPool("AvgPool2d", src, dst, window);
  }

  /**
   * The shape of the result.
   *
   * @throws IllegalArgumentException if the window is larger than the padded image
   */
  public static Shape dstShape(Value src, Window window) {
    return ConvShapes.dst("AvgPool2d", src, src.shape().dim(1), window);
  }

  @Override
  public List<Value> inputs() {
    return List.of(src);
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst);
  }

  @Override
  public AvgPool2d map(UnaryOperator<Value> values) {
    return new AvgPool2d(values.apply(src), values.apply(dst), window, includePadding);
  }
}
