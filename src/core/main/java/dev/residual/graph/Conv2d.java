package dev.residual.graph;

import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A two-dimensional convolution (cross-correlation), with the epilogue that some backends fuse.
 *
 * <p>{@code dst = relu(conv(src, weights) + bias + add)}, where bias, add and the ReLU are
 * optional. Shapes: src n i h w; weights o i/groups kh kw; bias o; add and dst n o oh ow. Beside
 * images and weights of BF16, the bias is F32.
 *
 * @param src the images
 * @param weights the kernels
 * @param bias one summand an output channel, or null
 * @param add a tensor added before the ReLU, or null
 * @param dst the result
 * @param window kernel, strides, padding, dilation
 * @param groups the number of groups that channels are split into
 * @param relu whether negative results become zero
 */
public record Conv2d(
    Value src,
    Value weights,
    @Nullable Value bias,
    @Nullable Value add,
    Value dst,
    Window window,
    int groups,
    boolean relu)
    implements Op {

  /** Checks the shapes. */
  public Conv2d {
    ConvShapes.check("Conv2d", src, weights, dst, window, groups);
    Check check = new Check("Conv2d");
    check.vector(bias, dst.shape().dim(1), "one value an output channel");
    check.same(dst, add);
    check.sameType(src, weights);
    check.wideType(src, bias);
  }

  /** A convolution without epilogue. */
  public Conv2d(
      Value src, Value weights, @Nullable Value bias, Value dst, Window window, int groups) {
    this(src, weights, bias, null, dst, window, groups, false);
  }

  /**
   * The shape of the result.
   *
   * @throws IllegalArgumentException if the window is larger than the padded image
   */
  public static Shape dstShape(Value src, Value weights, Window window) {
    return ConvShapes.dst("Conv2d", src, weights.shape().dim(0), window);
  }

  /** The number of multiply-adds of one run. */
  public long macs() {
    return ConvShapes.macs(weights, dst);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(src, weights, bias, add);
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst);
  }

  @Override
  public Conv2d map(UnaryOperator<Value> values) {
    return new Conv2d(
        values.apply(src),
        values.apply(weights),
        Value.mapped(bias, values),
        Value.mapped(add, values),
        values.apply(dst),
        window,
        groups,
        relu);
  }
}
