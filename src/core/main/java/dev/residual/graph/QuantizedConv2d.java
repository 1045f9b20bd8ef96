package dev.residual.graph;

import dev.residual.tensor.DType;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A two-dimensional convolution of 8-bit integers, with bias, add and ReLU in floating point. The
 * result is floating, or rounded to 8-bit integers.
 *
 * <p>With integer sums {@code s = conv(src, weights)} and output channel o, the result stands for
 * {@code relu(s * srcScale * weightsScale[o] + bias[o] + add * addScale)}, where bias, add and the
 * ReLU are optional. An integer dst holds this divided by dstScale, rounded to the nearest, ties to
 * even, and kept within its range; a floating dst, F32, BF16 or F16, holds it as it is. Shapes are
 * those of {@link Conv2d}.
 *
 * @param src the images, signed or unsigned 8-bit integers
 * @param weights the kernels, signed 8-bit integers
 * @param weightsScale what 1 stands for in the kernel of each output channel, F32
 * @param bias one summand an output channel, F32, or null
 * @param add what is added before the ReLU: 8-bit integers, F32, BF16 or F16; or null
 * @param dst the result: 8-bit integers, F32, BF16 or F16
 * @param window kernel, strides, padding, dilation
 * @param groups the number of groups that channels are split into
 * @param relu whether negative results become zero
 * @param srcScale what 1 stands for in src, positive
 * @param addScale what 1 stands for in add, positive; 1 without add or where it is floating
 * @param dstScale what 1 stands for in dst, positive; 1 where dst is floating
 */
public record QuantizedConv2d(
    Value src,
    Value weights,
    Value weightsScale,
    @Nullable Value bias,
    @Nullable Value add,
    Value dst,
    Window window,
    int groups,
    boolean relu,
    double srcScale,
    double addScale,
    double dstScale)
    implements Op {

  /** Checks shapes, types and scales. */
  public QuantizedConv2d {
    ConvShapes.checkGeometry("QuantizedConv2d", src, weights, dst, window, groups);
    Check check = new Check("QuantizedConv2d");
    check.eightBits(src);
    check.type(weights, DType.S8);
    check.vector(weightsScale, dst.shape().dim(1), "one value an output channel");
    check.type(weightsScale, DType.F32);
    check.vector(bias, dst.shape().dim(1), "one value an output channel");
    check.type(bias, DType.F32);
    check.shape(add, dst.shape(), "that of " + dst);
    if (add != null && !isActivation(add.dtype())) {
      check.eightBits(add);
    }
    if (!isActivation(dst.dtype())) {
      check.eightBits(dst);
    }
    check.scale("srcScale", srcScale);
    check.scale("addScale", addScale);
    check.scale("dstScale", dstScale);
    check.that(add != null || addScale == 1, "addScale is %s, without add it must be 1", addScale);
    check.that(
        add == null || !add.dtype().isFloating() || addScale == 1,
        "addScale is %s, for the floating %s it must be 1",
        addScale,
        add);
    check.that(
        !dst.dtype().isFloating() || dstScale == 1,
        "dstScale is %s, for the floating %s it must be 1",
        dstScale,
        dst);
  }

  /**
   * A convolution of F32, BF16 or F16 computed by integers, with its epilogue and a floating
   * result.
   *
   * @param src the integers of its images, n i h w
   * @param weights the integers of its kernels, o i/groups kh kw
   * @param weightsScale what 1 stands for in each kernel, o
   * @param srcScale what 1 stands for in src
   */
  public static QuantizedConv2d of(
      Conv2d conv, Value src, Value weights, Value weightsScale, double srcScale) {
    return new QuantizedConv2d(
        src,
        weights,
        weightsScale,
        conv.bias(),
        conv.add(),
        conv.dst(),
        conv.window(),
        conv.groups(),
        conv.relu(),
        srcScale,
        1,
        1);
  }

  /**
   * This with a tensor added before the ReLU.
   *
   * @param other n o oh ow
   * @param scale what 1 stands for in it; 1 if it is floating
   */
  public QuantizedConv2d withAdd(Value other, double scale) {
    return new QuantizedConv2d(
        src,
        weights,
        weightsScale,
        bias,
        other,
        dst,
        window,
        groups,
        relu,
        srcScale,
        scale,
        dstScale);
  }

  /**
   * This with another result.
   *
   * @param other n o oh ow
   * @param scale what 1 stands for in it; 1 if it is floating
   */
  public QuantizedConv2d withDst(Value other, double scale) {
    return new QuantizedConv2d(
        src,
        weights,
        weightsScale,
        bias,
        add,
        other,
        window,
        groups,
        relu,
        srcScale,
        addScale,
        scale);
  }

  private static boolean isActivation(DType type) {
    return type == DType.F32 || type.isHalf();
  }

  /** The number of multiply-adds of one run. */
  public long macs() {
    return ConvShapes.macs(weights, dst);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(src, weights, weightsScale, bias, add);
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst);
  }

  @Override
  public QuantizedConv2d map(UnaryOperator<Value> values) {
    return new QuantizedConv2d(
        values.apply(src),
        values.apply(weights),
        values.apply(weightsScale),
        Value.mapped(bias, values),
        Value.mapped(add, values),
        values.apply(dst),
        window,
        groups,
        relu,
        srcScale,
        addScale,
        dstScale);
  }
}
