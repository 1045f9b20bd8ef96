package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Softmax along one axis, on any shape: {@code dst = exp(src - max) / sum(exp(src - max))}, or its
 * logarithm. Largest element and sum are those along the axis.
 *
 * @param src the scores
 * @param dst the probabilities, or their logarithms
 * @param axis the axis, from 0
 * @param log whether the result is the logarithm
 */
public record Softmax(Value src, Value dst, int axis, boolean log) implements Op {

  /** Checks shapes and axis. */
  public Softmax {
    Check check = new Check("Softmax");
    check.same(src, dst);
    check.that(axis >= 0 && axis < src.shape().rank(), "axis %d of %s", axis, src);
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
  public Softmax map(UnaryOperator<Value> values) {
    return new Softmax(values.apply(src), values.apply(dst), axis, log);
  }
}
