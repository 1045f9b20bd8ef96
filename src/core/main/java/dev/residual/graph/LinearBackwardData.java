package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of a {@link Linear} with respect to its src, {@code diffSrc = diffDst * weights}.
 *
 * @param diffDst the gradient of the result, n o
 * @param weights the matrix, o i
 * @param diffSrc the gradient of the input, n i
 */
public record LinearBackwardData(Value diffDst, Value weights, Value diffSrc) implements Op {

  /** Checks the shapes. */
  public LinearBackwardData {
    Linear.check("LinearBackwardData", diffSrc, weights, null, diffDst);
    new Check("LinearBackwardData").sameType(diffSrc, weights, diffDst);
  }

  @Override
  public List<Value> inputs() {
    return List.of(diffDst, weights);
  }

  @Override
  public List<Value> outputs() {
    return List.of(diffSrc);
  }

  @Override
  public LinearBackwardData map(UnaryOperator<Value> values) {
    return new LinearBackwardData(
        values.apply(diffDst), values.apply(weights), values.apply(diffSrc));
  }
}
