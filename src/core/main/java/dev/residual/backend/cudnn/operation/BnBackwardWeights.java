package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;

/**
 * The gradients of a batch normalization's weights, and what the gradient of its input takes:
 * {@code dx = eqDyScale dy + eqXScale x + eqBias}.
 *
 * @param mean the mean of the batch, of each channel
 * @param invStd 1 by the deviation of the batch
 * @param scale the weight
 * @param x the input of the normalization
 * @param dy the gradient of its result
 * @param dscale the gradient of the weight
 * @param dbias the gradient of the bias
 * @param eqDyScale the factor of dy
 * @param eqXScale the factor of x
 * @param eqBias the summand
 */
public record BnBackwardWeights(
    GraphTensor mean,
    GraphTensor invStd,
    GraphTensor scale,
    GraphTensor x,
    GraphTensor dy,
    GraphTensor dscale,
    GraphTensor dbias,
    GraphTensor eqDyScale,
    GraphTensor eqXScale,
    GraphTensor eqBias)
    implements Node {

  /** Checks the shapes. */
  public BnBackwardWeights {
    Check check = new Check("BnBackwardWeights");
    check.same(x, dy);
    check.channels(x, mean, invStd, scale, dscale, dbias, eqDyScale, eqXScale, eqBias);
  }

  @Override
  public List<GraphTensor> inputs() {
    return List.of(mean, invStd, scale, x, dy);
  }

  @Override
  public List<GraphTensor> outputs() {
    return List.of(dscale, dbias, eqDyScale, eqXScale, eqBias);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return NodeText.of(
        tensors,
        NodeText.list(dscale, dbias, eqDyScale, eqXScale, eqBias),
        "BnBackwardWeights",
        mean,
        invStd,
        scale,
        x,
        dy);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
