package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;

/**
 * A convolution of images with filters.
 *
 * <p>Sums are of the type FLOAT, or of INT32 where the operands are 8-bit integers.
 *
 * @param x the images
 * @param w the filters, k c/groups r s
 * @param y the result
 * @param convolution how the window moves
 */
public record ConvolutionForward(
    GraphTensor x, GraphTensor w, GraphTensor y, Convolution convolution) implements Node {

  /** Checks the shapes. */
  public ConvolutionForward {
    new Check("ConvolutionForward").convolution(x, w, y, convolution);
  }

  @Override
  public List<GraphTensor> inputs() {
    return List.of(x, w);
  }

  @Override
  public List<GraphTensor> outputs() {
    return List.of(y);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return NodeText.of(tensors, NodeText.list(y), "ConvolutionForward", x, w, convolution);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
