package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradients of a {@link Concat}: the whole cut into its parts.
 *
 * @param diffDst the gradient of the whole
 * @param diffSrcs the gradients of the parts
 */
public record ConcatBackward(Value diffDst, List<Value> diffSrcs) implements Op {

  /** Checks the shapes. */
  public ConcatBackward {
    diffSrcs = List.copyOf(diffSrcs);
    Concat.check("ConcatBackward", diffSrcs, diffDst);
  }

  @Override
  public List<Value> inputs() {
    return List.of(diffDst);
  }

  @Override
  public List<Value> outputs() {
    return diffSrcs;
  }

  @Override
  public ConcatBackward map(UnaryOperator<Value> values) {
    return new ConcatBackward(values.apply(diffDst), diffSrcs.stream().map(values).toList());
  }
}
