package dev.residual.graph;

import java.util.List;

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
}
