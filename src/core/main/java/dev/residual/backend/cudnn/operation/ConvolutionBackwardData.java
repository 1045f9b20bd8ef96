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
 * @param accumulates whether the gradient is added to what dx holds
 */
public record ConvolutionBackwardData(
    GraphTensor dy, GraphTensor w, GraphTensor dx, Convolution convolution, boolean accumulates)
    implements Node {

  /** Checks the shapes. */
  public ConvolutionBackwardData {
    Check check = new Check("ConvolutionBackwardData");
    check.convolution(dx, w, dy, convolution);
    if (accumulates && dx.isVirtual()) {
      throw check.failure("nothing can be added to " + dx);
    }
  }

  /** A gradient that replaces what dx holds. */
  public ConvolutionBackwardData(
      GraphTensor dy, GraphTensor w, GraphTensor dx, Convolution convolution) {
    this(dy, w, dx, convolution, false);
  }

  @Override
  public List<GraphTensor> inputs() {
    return accumulates ? List.of(dy, w, dx) : List.of(dy, w);
  }

  @Override
  public List<GraphTensor> outputs() {
    return List.of(dx);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return NodeText.of(
        tensors,
        NodeText.list(dx),
        "ConvolutionBackwardData",
        dy,
        w,
        convolution,
        accumulates ? "added" : "");
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
