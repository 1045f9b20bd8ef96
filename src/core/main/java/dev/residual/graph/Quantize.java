package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The rounding of floating numbers to 8-bit integers, {@code dst = round(src / scale)}, on any
 * shape.
 *
 * <p>Rounds to the nearest, ties to even; what exceeds the range of the integers becomes the
 * nearest bound, NaN any integer (0 by Residual's own kernels).
 *
 * @param src floating numbers
 * @param dst signed or unsigned 8-bit integers of the same shape
 * @param scale what 1 stands for, positive
 */
public record Quantize(Value src, Value dst, double scale) implements Op {

  /** Checks shapes, types and scale. */
  public Quantize {
    check("Quantize", src, dst, scale);
  }

  static void check(String kind, Value floating, Value integer, double scale) {
    Check check = new Check(kind);
    check.shape(integer, floating.shape(), "that of " + floating);
    check.floating(floating);
    check.eightBits(integer);
    check.scale("scale", scale);
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
  public Quantize map(UnaryOperator<Value> values) {
    return new Quantize(values.apply(src), values.apply(dst), scale);
  }
}
