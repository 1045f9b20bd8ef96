package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of an {@link AvgPool2d}.
 *
 * @param diffDst the gradient of the result, n c oh ow
 * @param diffSrc the gradient of the input, n c h w
 * @param window kernel, strides, padding, dilation
 * @param includePadding whether padding counts as zeros
 */
public record AvgPool2dBackward(Value diffDst, Value diffSrc, Window window, boolean includePadding)
    implements Op {

  /** Checks the shapes. */
  public AvgPool2dBackward {
    ConvShapes.checkPool("AvgPool2dBackward", diffSrc, diffDst, window);
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
  public AvgPool2dBackward map(UnaryOperator<Value> values) {
    return new AvgPool2dBackward(
        values.apply(diffDst), values.apply(diffSrc), window, includePadding);
  }
}
