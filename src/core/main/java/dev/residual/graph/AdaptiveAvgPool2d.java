package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Average pooling over as many parts of an image as the result has elements, as PyTorch's {@code
 * AdaptiveAvgPool2d} has it.
 *
 * <p>Shapes: src n c h w; dst n c oh ow. {@link #part} says which rows and columns a part has.
 *
 * @param src the input
 * @param dst the mean of each part
 */
public record AdaptiveAvgPool2d(Value src, Value dst) implements Op {

  /** Checks the shapes. */
  public AdaptiveAvgPool2d {
    check("AdaptiveAvgPool2d", src, dst);
  }

  static void check(String kind, Value src, Value dst) {
    Check check = new Check(kind);
    check.rank(src, 4);
    check.rank(dst, 4);
    check.floating(src);
    check.sameType(src, dst);
    check.shape(
        dst,
        src.shape().with(2, dst.shape().dim(2)).with(3, dst.shape().dim(3)),
        "images and channels of " + src);
  }

  /**
   * The elements of an extent that part {@code i} of {@code parts} has: from the first one that is
   * partly its share to the last. Parts overlap where the extent is no multiple of their number.
   */
  public static Span part(int i, int parts, int extent) {
    long first = (long) i * extent / parts;
    return new Span((int) first, (int) Math.ceilDiv((i + 1L) * extent, (long) parts));
  }

  /** The parts that have an element. */
  public static Span partsWith(int element, int parts, int extent) {
    long first = (long) element * parts / extent;
    return new Span((int) first, (int) Math.ceilDiv((element + 1L) * parts, (long) extent));
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
  public AdaptiveAvgPool2d map(UnaryOperator<Value> values) {
    return new AdaptiveAvgPool2d(values.apply(src), values.apply(dst));
  }
}
