package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a {@link Linear} with respect to its weights and bias, {@code diffWeights =
 * transpose(diffDst) * src}.
 *
 * @param src the input, n i
 * @param diffDst the gradient of the result, n o
 * @param diffWeights the gradient of the matrix, o i
 * @param diffBias the gradient of the bias, o; or null
 */
public record LinearBackwardWeights(
    Value src, Value diffDst, Value diffWeights, @Nullable Value diffBias) implements Op {

  /** Checks the shapes. */
  public LinearBackwardWeights {
    Linear.check("LinearBackwardWeights", src, diffWeights, diffBias, diffDst);
    Check check = new Check("LinearBackwardWeights");
    check.sameType(src, diffDst);
    check.wideType(src, diffWeights, diffBias);
  }

  @Override
  public List<Value> inputs() {
    return List.of(src, diffDst);
  }

  @Override
  public List<Value> outputs() {
    return Op.present(diffWeights, diffBias);
  }

  @Override
  public LinearBackwardWeights map(UnaryOperator<Value> values) {
    return new LinearBackwardWeights(
        values.apply(src),
        values.apply(diffDst),
        values.apply(diffWeights),
        Value.mapped(diffBias, values));
  }
}
