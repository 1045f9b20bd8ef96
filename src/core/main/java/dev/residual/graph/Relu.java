package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The rectified linear unit, {@code dst = max(src, 0)}, on any shape.
 *
 * @param src the input
 * @param dst the result
 */
public record Relu(Value src, Value dst) implements Op {

  /** Checks the shapes. */
  public Relu {
    new Check("Relu").same(src, dst);
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
  public Relu map(UnaryOperator<Value> values) {
    return new Relu(values.apply(src), values.apply(dst));
  }
}
