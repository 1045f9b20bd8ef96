package dev.residual.graph;

import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The parameter-free shortcut across a change of size, option A of "Deep Residual Learning",
 * section 3.3: every stride-th position, with zero channels added.
 *
 * <p>Of {@code k} added channels, {@code k / 2} (rounded down) come before the copied ones.
 *
 * @param src the input, n c h w
 * @param dst the result, n c' ceil(h / stride) ceil(w / stride), with c' at least c
 * @param stride the distance of the positions taken
 */
public record ZeroPadShortcut(Value src, Value dst, int stride) implements Op {

  /** Checks the shapes. */
  public ZeroPadShortcut {
    check("ZeroPadShortcut", src, dst, stride);
  }

  static void check(String kind, Value src, Value dst, int stride) {
    Check check = new Check(kind);
    check.rank(src, 4);
    check.rank(dst, 4);
    check.floating(src);
    check.sameType(src, dst);
    check.that(stride >= 1, "stride is %d, it must be at least 1", stride);
    check.that(
        dst.shape().dim(1) >= src.shape().dim(1), "%s must have the channels of %s", dst, src);
    check.shape(dst, dstShape(src, dst.shape().dim(1), stride), "for " + src);
  }

  /** The shape of the result with this number of channels. */
  public static Shape dstShape(Value src, int channels, int stride) {
    Check check = new Check("ZeroPadShortcut");
    check.rank(src, 4);
    check.that(stride >= 1, "stride is %d, it must be at least 1", stride);
    Shape s = src.shape();
    return Shape.of(
        s.dim(0), channels, (s.dim(2) + stride - 1) / stride, (s.dim(3) + stride - 1) / stride);
  }

  /** The number of zero channels before the copied ones. */
  public int offset() {
    return (dst.shape().dim(1) - src.shape().dim(1)) / 2;
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
  public ZeroPadShortcut map(UnaryOperator<Value> values) {
    return new ZeroPadShortcut(values.apply(src), values.apply(dst), stride);
  }
}
