package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;

/**
 * The gradient of a convolution with respect to its images.
 *
 * <p>Sums are of the type FLOAT, or of INT32 where the operands are 8-bit integers.
 *
 * @param dy the gradient of the result
 * @param w the filters, k c/groups r s
 * @param dx the gradient of the images
 * @param convolution how the window moves
 */
public record ConvolutionBackwardData(
    GraphTensor dy, GraphTensor w, GraphTensor dx, Convolution convolution) implements Node {

  /** Checks the shapes. */
  public ConvolutionBackwardData {
    new Check("ConvolutionBackwardData").convolution(dx, w, dy, convolution);
  }

  @Override
  public List<GraphTensor> inputs() {
    return List.of(dy, w);
  }

  @Override
  public List<GraphTensor> outputs() {
    return List.of(dx);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return NodeText.of(tensors, NodeText.list(dx), "ConvolutionBackwardData", dy, w, convolution);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
