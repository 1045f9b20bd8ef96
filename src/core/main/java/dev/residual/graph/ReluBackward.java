package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of a {@link Relu}, {@code diffSrc = dst <= 0 ? 0 : diffDst}: it passes where the
 * result is NaN, too.
 *
 * @param dst the result of the forward operation
 * @param diffDst the gradient of the result
 * @param diffSrc the gradient of the input
 */
public record ReluBackward(Value dst, Value diffDst, Value diffSrc) implements Op {

  /** Checks the shapes. */
  public ReluBackward {
    Check check = new Check("ReluBackward");
    check.same(dst, diffDst);
    check.same(dst, diffSrc);
  }

  @Override
  public List<Value> inputs() {
    return List.of(dst, diffDst);
  }

  @Override
  public List<Value> outputs() {
    return List.of(diffSrc);
  }

  @Override
  public ReluBackward map(UnaryOperator<Value> values) {
    return new ReluBackward(values.apply(dst), values.apply(diffDst), values.apply(diffSrc));
  }
}
