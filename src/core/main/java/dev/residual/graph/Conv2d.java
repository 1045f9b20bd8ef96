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
 * images and weights of BF16 or F16, the bias is F32.
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
   * A convolution of one group without epilogue, with weights of its own.
   *
   * @param name of the result, n channels oh ow; the weights are the parameter {@code name.weight},
   *     channels i kh kw
   * @param src n i h w
   */
  public static Conv2d of(String name, Value src, int channels, Window window) {
    return of(name, src, channels, window, 1);
  }

  /**
   * A convolution without epilogue, with weights of its own.
   *
   * @param name of the result, n channels oh ow; the weights are the parameter {@code name.weight},
   *     channels i/groups kh kw
   * @param src n i h w
   */
  public static Conv2d of(String name, Value src, int channels, Window window, int groups) {
    new Check("Conv2d").rank(src, 4);
    new Check("Conv2d").that(groups >= 1, "groups are %d, they must be at least 1", groups);
    Shape kernels =
        Shape.of(channels, src.shape().dim(1) / groups, window.kernelH(), window.kernelW());
    Value weights = Value.parameter(name + ".weight", kernels, src.dtype());
    return of(name, src, weights, window, groups);
  }

  /**
   * A convolution without epilogue.
   *
   * @param name of the result, n o oh ow
   * @param src n i h w
   * @param weights o i/groups kh kw
   */
  public static Conv2d of(String name, Value src, Value weights, Window window, int groups) {
    Value dst = Value.activation(name, dstShape(src, weights, window), src.dtype());
    return new Conv2d(src, weights, null, dst, window, groups);
  }

  /** This with a bias of its own: the parameter {@code name.bias}, o, with the result's name. */
  public Conv2d withBias() {
    Shape channels = Shape.of(dst.shape().dim(1));
    return withBias(Value.parameter(dst.name() + ".bias", channels, Check.wide(src.dtype())));
  }

  /**
   * This with a bias.
   *
   * @param other o
   */
  public Conv2d withBias(Value other) {
    return new Conv2d(src, weights, other, add, dst, window, groups, relu);
  }

  /**
   * This with a tensor added before the ReLU.
   *
   * @param other n o oh ow
   */
  public Conv2d withAdd(Value other) {
    return new Conv2d(src, weights, bias, other, dst, window, groups, relu);
  }

  /** This with a ReLU behind. */
  public Conv2d withRelu() {
    return new Conv2d(src, weights, bias, add, dst, window, groups, true);
  }

  /**
   * This with another result.
   *
   * @param other n o oh ow
   */
  public Conv2d withDst(Value other) {
    return new Conv2d(src, weights, bias, add, other, window, groups, relu);
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
