package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of a {@link Dropout}.
 *
 * @param diffDst the gradient of the result
 * @param mask the mask that the forward operation wrote
 * @param diffSrc the gradient of the input
 * @param probability of zeroing, in [0, 1)
 */
public record DropoutBackward(Value diffDst, Value mask, Value diffSrc, double probability)
    implements Op {

  /** Checks the shapes. */
  public DropoutBackward {
    Check check = new Check("DropoutBackward");
    check.same(diffDst, diffSrc);
    Dropout.checkMask(check, diffDst, mask);
    check.range("probability", probability, 0, Math.nextDown(1.0));
  }

  /** Whether rows were kept or dropped as a whole. */
  public boolean isByRow() {
    return Dropout.isByRow(diffDst, mask);
  }

  @Override
  public List<Value> inputs() {
    return List.of(diffDst, mask);
  }

  @Override
  public List<Value> outputs() {
    return List.of(diffSrc);
  }

  @Override
  public DropoutBackward map(UnaryOperator<Value> values) {
    return new DropoutBackward(
        values.apply(diffDst), values.apply(mask), values.apply(diffSrc), probability);
  }
}
