package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of a bias alone, where the weights beside it are not trained: the sum of each
 * channel over all images and positions.
 *
 * @param diffDst the gradient of the result, n c or n c h w
 * @param diffBias the gradient of the bias, c; F32 beside BF16 or F16
 */
public record BiasGradient(Value diffDst, Value diffBias) implements Op {

  /** Checks the shapes. */
  public BiasGradient {
    Check check = new Check("BiasGradient");
    int rank = diffDst.shape().rank();
    check.that(rank == 2 || rank == 4, "%s must have rank 2 or 4", diffDst);
    check.vector(diffBias, diffDst.shape().dim(1), "one value a channel of " + diffDst);
    check.wideType(diffDst, diffBias);
  }

  @Override
  public List<Value> inputs() {
    return List.of(diffDst);
  }

  @Override
  public List<Value> outputs() {
    return List.of(diffBias);
  }

  @Override
  public BiasGradient map(UnaryOperator<Value> values) {
    return new BiasGradient(values.apply(diffDst), values.apply(diffBias));
  }
}
