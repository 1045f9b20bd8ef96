package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of an {@link AdaptiveAvgPool2d}.
 *
 * @param diffDst the gradient of the result, n c oh ow
 * @param diffSrc the gradient of the input, n c h w
 */
public record AdaptiveAvgPool2dBackward(Value diffDst, Value diffSrc) implements Op {

  /** Checks the shapes. */
  public AdaptiveAvgPool2dBackward {
    AdaptiveAvgPool2d.check("AdaptiveAvgPool2dBackward", diffSrc, diffDst);
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
  public AdaptiveAvgPool2dBackward map(UnaryOperator<Value> values) {
    return new AdaptiveAvgPool2dBackward(values.apply(diffDst), values.apply(diffSrc));
  }
}
