package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The floating numbers that 8-bit integers stand for, {@code dst = src * scale}, on any shape.
 *
 * @param src signed or unsigned 8-bit integers
 * @param dst floating numbers of the same shape
 * @param scale what 1 stands for, positive
 */
public record Dequantize(Value src, Value dst, double scale) implements Op {

  /** Checks shapes, types and scale. */
  public Dequantize {
    Quantize.check("Dequantize", dst, src, scale);
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
  public Dequantize map(UnaryOperator<Value> values) {
    return new Dequantize(values.apply(src), values.apply(dst), scale);
  }
}
