package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A batch normalization, by the statistics of the batch or by given ones.
 *
 * @param phase whose statistics: the batch's in training, given ones in inference
 * @param x the images
 * @param scale the weight of each channel
 * @param bias the bias of each channel
 * @param epsilon what is added to the variance; null in inference
 * @param momentum the share of the batch's statistics in the running ones; null if none are kept
 * @param inRunningMean the running mean before; null if none is kept
 * @param inRunningVar the running variance before; null if none is kept
 * @param outRunningMean the running mean after; null if none is kept
 * @param outRunningVar the running variance after; null if none is kept
 * @param mean the mean: a result of training, null if it is not wanted; given for inference
 * @param invVariance 1 by the deviation: likewise
 * @param y the result
 */
public record NormForward(
    Phase phase,
    GraphTensor x,
    GraphTensor scale,
    GraphTensor bias,
    @Nullable GraphTensor epsilon,
    @Nullable GraphTensor momentum,
    @Nullable GraphTensor inRunningMean,
    @Nullable GraphTensor inRunningVar,
    @Nullable GraphTensor outRunningMean,
    @Nullable GraphTensor outRunningVar,
    @Nullable GraphTensor mean,
    @Nullable GraphTensor invVariance,
    GraphTensor y)
    implements Node {

  /** Whose statistics normalize. */
  public enum Phase {
    /** Those of the batch. */
    TRAINING,
    /** Given ones. */
    INFERENCE
  }

  /** Checks the shapes. */
  public NormForward {
    Check check = new Check("NormForward " + phase);
    check.same(x, y);
    check.channels(x, scale, bias, mean, invVariance);
    check.channels(x, inRunningMean, inRunningVar, outRunningMean, outRunningVar);
    check.scalar(epsilon, momentum);
    check.together("mean and inverse deviation", mean, invVariance);
    check.together(
        "running statistics and momentum",
        momentum,
        inRunningMean,
        inRunningVar,
        outRunningMean,
        outRunningVar);
    if (phase == Phase.TRAINING && epsilon == null) {
      throw check.failure("epsilon is needed");
    }
    if (phase == Phase.INFERENCE && (mean == null || momentum != null || epsilon != null)) {
      throw check.failure(
          "mean and inverse deviation are needed, and neither epsilon nor running statistics");
    }
  }

  /** A normalization by given statistics. */
  public static NormForward inference(
      GraphTensor x,
      GraphTensor scale,
      GraphTensor bias,
      GraphTensor mean,
      GraphTensor invVariance,
      GraphTensor y) {
    return new NormForward(
        Phase.INFERENCE, x, scale, bias, null, null, null, null, null, null, mean, invVariance, y);
  }

  @Override
  public List<GraphTensor> inputs() {
    boolean given = phase == Phase.INFERENCE;
    return NodeText.present(
        x,
        scale,
        bias,
        epsilon,
        momentum,
        inRunningMean,
        inRunningVar,
        given ? mean : null,
        given ? invVariance : null);
  }

  @Override
  public List<GraphTensor> outputs() {
    return phase == Phase.INFERENCE
        ? List.of(y)
        : NodeText.present(y, mean, invVariance, outRunningMean, outRunningVar);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return phase == Phase.INFERENCE
        ? NodeText.of(
            tensors, NodeText.list(y), "NormForward", phase, x, scale, bias, mean, invVariance)
        : NodeText.of(
            tensors,
            NodeText.list(y, mean, invVariance, outRunningMean, outRunningVar),
            "NormForward",
            phase,
            x,
            scale,
            bias,
            epsilon,
            momentum,
            inRunningMean,
            inRunningVar);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
