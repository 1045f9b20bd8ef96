package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of a {@link MaxPool2d}: each element goes to the winner of its window.
 *
 * @param diffDst the gradient of the result, n c oh ow
 * @param workspace the winners that the forward operation wrote
 * @param diffSrc the gradient of the input, n c h w
 * @param window kernel, strides, padding, dilation
 */
public record MaxPool2dBackward(Value diffDst, Value workspace, Value diffSrc, Window window)
    implements Op {

  /** Checks the shapes. */
  public MaxPool2dBackward {
    ConvShapes.checkPool("MaxPool2dBackward", diffSrc, diffDst, window);
    MaxPool2d.checkWorkspace(new Check("MaxPool2dBackward"), workspace, diffDst, window);
  }

  @Override
  public List<Value> inputs() {
    return List.of(diffDst, workspace);
  }

  @Override
  public List<Value> outputs() {
    return List.of(diffSrc);
  }

  @Override
  public MaxPool2dBackward map(UnaryOperator<Value> values) {
    return new MaxPool2dBackward(
        values.apply(diffDst), values.apply(workspace), values.apply(diffSrc), window);
  }
}
