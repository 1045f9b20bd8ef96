package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of an {@link Eltwise}: {@code diffSrc = diffDst f'(src)}.
 *
 * @param src what the function was of
 * @param diffDst the gradient of the result
 * @param diffSrc the gradient of the input
 * @param function which function
 * @param alpha its first number
 * @param beta its second number
 */
public record EltwiseBackward(
    Value src, Value diffDst, Value diffSrc, Eltwise.Function function, double alpha, double beta)
    implements Op {

  /** Checks shapes and numbers. */
  public EltwiseBackward {
    Check check = new Check("EltwiseBackward");
    check.same(src, diffDst);
    check.same(src, diffSrc);
    Eltwise.check(check, function, alpha, beta);
  }

  @Override
  public List<Value> inputs() {
    return List.of(src, diffDst);
  }

  @Override
  public List<Value> outputs() {
    return List.of(diffSrc);
  }

  @Override
  public EltwiseBackward map(UnaryOperator<Value> values) {
    return new EltwiseBackward(
        values.apply(src), values.apply(diffDst), values.apply(diffSrc), function, alpha, beta);
  }
}
