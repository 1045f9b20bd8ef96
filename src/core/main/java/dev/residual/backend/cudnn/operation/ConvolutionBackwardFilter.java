package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;

/**
 * The gradient of a convolution with respect to its filters.
 *
 * <p>Sums are of the type FLOAT, or of INT32 where the operands are 8-bit integers.
 *
 * @param x the images
 * @param dy the gradient of the result
 * @param dw the gradient of the filters, k c/groups r s
 * @param convolution how the window moves
 */
public record ConvolutionBackwardFilter(
    GraphTensor x, GraphTensor dy, GraphTensor dw, Convolution convolution) implements Node {

  /** Checks the shapes. */
  public ConvolutionBackwardFilter {
    new Check("ConvolutionBackwardFilter").convolution(x, dw, dy, convolution);
  }

  @Override
  public List<GraphTensor> inputs() {
    return List.of(x, dy);
  }

  @Override
  public List<GraphTensor> outputs() {
    return List.of(dw);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return NodeText.of(tensors, NodeText.list(dw), "ConvolutionBackwardFilter", x, dy, convolution);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
