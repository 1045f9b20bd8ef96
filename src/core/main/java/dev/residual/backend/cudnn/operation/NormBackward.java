package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a batch normalization by the statistics of the batch.
 *
 * @param x the images that were normalized
 * @param mean the mean of the batch, of each channel
 * @param invVariance 1 by the deviation of the batch
 * @param dy the gradient of the result
 * @param scale the weight of each channel
 * @param dscale the gradient of the weight
 * @param dbias the gradient of the bias
 * @param dx the gradient of the images
 * @param epsilon what was added to the variance; null where the deviation contains it
 */
public record NormBackward(
    GraphTensor x,
    GraphTensor mean,
    GraphTensor invVariance,
    GraphTensor dy,
    GraphTensor scale,
    GraphTensor dscale,
    GraphTensor dbias,
    GraphTensor dx,
    @Nullable GraphTensor epsilon)
    implements Node {

  /** Checks the shapes. */
  public NormBackward {
    Check check = new Check("NormBackward");
    check.same(x, dy);
    check.same(x, dx);
    check.channels(x, mean, invVariance, scale, dscale, dbias);
    check.scalar(epsilon);
  }

  @Override
  public List<GraphTensor> inputs() {
    return NodeText.present(x, mean, invVariance, dy, scale, epsilon);
  }

  @Override
  public List<GraphTensor> outputs() {
    return List.of(dx, dscale, dbias);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return NodeText.of(
        tensors,
        NodeText.list(dx, dscale, dbias),
        "NormBackward",
        x,
        mean,
        invVariance,
        dy,
        scale,
        epsilon);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
