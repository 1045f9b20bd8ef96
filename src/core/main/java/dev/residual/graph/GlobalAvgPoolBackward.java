package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of a {@link GlobalAvgPool}.
 *
 * @param diffDst the gradient of the means, n c 1 1
 * @param diffSrc the gradient of the input, n c h w
 */
public record GlobalAvgPoolBackward(Value diffDst, Value diffSrc) implements Op {

  /** Checks the shapes. */
  public GlobalAvgPoolBackward {
    Check check = new Check("GlobalAvgPoolBackward");
    check.rank(diffSrc, 4);
    check.floating(diffSrc);
    check.sameType(diffSrc, diffDst);
    check.shape(diffDst, diffSrc.shape().with(2, 1).with(3, 1), "for " + diffSrc);
  }

  @Override
  public List<Value> inputs() {
    return List.of(diffDst);
  }

  @Override
  public List<Value> outputs() {
    return List.of(diffSrc);
  }

  @Override
  public GlobalAvgPoolBackward map(UnaryOperator<Value> values) {
    return new GlobalAvgPoolBackward(values.apply(diffDst), values.apply(diffSrc));
  }
}
