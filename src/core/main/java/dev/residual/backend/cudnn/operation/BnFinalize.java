package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From sums of a batch to its batch normalization: {@code eqScale y + eqBias} normalizes y.
 *
 * @param sum the sum of each channel
 * @param sqSum the sum of squares of each channel
 * @param scale the weight of each channel
 * @param bias the bias of each channel
 * @param prevRunningMean the running mean before; null if none is kept
 * @param prevRunningVar the running variance before; null if none is kept
 * @param updatedRunningMean the running mean after; null if none is kept
 * @param updatedRunningVar the running variance after; null if none is kept
 * @param savedMean the mean of the batch; null if it is not wanted
 * @param savedInvStd 1 by the deviation of the batch; null if it is not wanted
 * @param eqScale the factor of each channel
 * @param eqBias the summand of each channel
 * @param accumulationCount how many elements were summed: one number of the type INT64
 * @param epsilon what is added to the variance: one number
 * @param momentum the share of the new statistics in the running ones; null if none are kept
 */
public record BnFinalize(
    GraphTensor sum,
    GraphTensor sqSum,
    GraphTensor scale,
    GraphTensor bias,
    @Nullable GraphTensor prevRunningMean,
    @Nullable GraphTensor prevRunningVar,
    @Nullable GraphTensor updatedRunningMean,
    @Nullable GraphTensor updatedRunningVar,
    @Nullable GraphTensor savedMean,
    @Nullable GraphTensor savedInvStd,
    GraphTensor eqScale,
    GraphTensor eqBias,
    GraphTensor accumulationCount,
    GraphTensor epsilon,
    @Nullable GraphTensor momentum)
    implements Node {

  /** Checks the shapes. */
  public BnFinalize {
    Check check = new Check("BnFinalize");
    check.channels(sum, sum, sqSum, scale, bias, eqScale, eqBias);
    check.channels(sum, prevRunningMean, prevRunningVar, updatedRunningMean, updatedRunningVar);
    check.channels(sum, savedMean, savedInvStd);
    check.scalar(accumulationCount, epsilon, momentum);
    check.together(
        "running statistics and momentum",
        prevRunningMean,
        prevRunningVar,
        updatedRunningMean,
        updatedRunningVar,
        momentum);
    check.together("the saved mean and deviation", savedMean, savedInvStd);
    if (accumulationCount.type() != ElementType.INT64) {
      throw check.failure("the count is of the type int64, not " + accumulationCount);
    }
  }

  @Override
  public List<GraphTensor> inputs() {
    return NodeText.present(
        sum,
        sqSum,
        scale,
        bias,
        prevRunningMean,
        prevRunningVar,
        accumulationCount,
        epsilon,
        momentum);
  }

  @Override
  public List<GraphTensor> outputs() {
    return NodeText.present(
        eqScale, eqBias, savedMean, savedInvStd, updatedRunningMean, updatedRunningVar);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return NodeText.of(
        tensors,
        NodeText.list(
            eqScale, eqBias, savedMean, savedInvStd, updatedRunningMean, updatedRunningVar),
        "BnFinalize",
        sum,
        sqSum,
        scale,
        bias,
        prevRunningMean,
        prevRunningVar,
        accumulationCount,
        epsilon,
        momentum);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
