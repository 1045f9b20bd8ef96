package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of a {@link Conv2d} with respect to its src.
 *
 * <p>Shapes: diffDst n o oh ow; weights o i/groups kh kw; diffSrc n i h w.
 *
 * @param diffDst the gradient of the result
 * @param weights the kernels
 * @param diffSrc the gradient of the images
 * @param window kernel, strides, padding, dilation
 * @param groups the number of groups that channels are split into
 */
public record Conv2dBackwardData(
    Value diffDst, Value weights, Value diffSrc, Window window, int groups) implements Op {

  /** Checks the shapes. */
  public Conv2dBackwardData {
    ConvShapes.check("Conv2dBackwardData", diffSrc, weights, diffDst, window, groups);
    new Check("Conv2dBackwardData").sameType(diffSrc, weights);
  }

  /** The number of multiply-adds of one run. */
  public long macs() {
    return ConvShapes.macs(weights, diffDst);
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
  public Conv2dBackwardData map(UnaryOperator<Value> values) {
    return new Conv2dBackwardData(
        values.apply(diffDst), values.apply(weights), values.apply(diffSrc), window, groups);
  }
}
