package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The same elements, in row-major order, under another shape.
 *
 * @param src the input
 * @param dst the result, of as many elements
 */
public record Reshape(Value src, Value dst) implements Op {

  /** Checks the shapes. */
  public Reshape {
    Check check = new Check("Reshape");
    check.that(
        src.shape().elements() == dst.shape().elements(),
        "%s and %s must have as many elements",
        src,
        dst);
    check.sameType(src, dst);
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
  public Reshape map(UnaryOperator<Value> values) {
    return new Reshape(values.apply(src), values.apply(dst));
  }
}
