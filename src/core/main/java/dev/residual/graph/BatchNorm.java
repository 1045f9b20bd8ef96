package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation with the statistics of the batch, for training (Ioffe and Szegedy 2015).
 *
 * <p>{@code dst = relu((src - mean) / sqrt(variance + epsilon) * scale + shift + add)}, where add
 * and the ReLU are optional. Mean and (biased) variance are those of each channel over n, h and w.
 * The running statistics follow as {@code running = (1 - momentum) * running + momentum * batch},
 * with the unbiased variance, as PyTorch and cuDNN do.
 *
 * <p>With several processes mean and variance are those of all their batches together, which are of
 * one size, as PyTorch's SyncBatchNorm has them.
 *
 * <p>Shapes: src, add and dst n c h w; all others c, but for the mask. Each channel has more than
 * one value: of one alone the result would always be the shift. Beside images of BF16 or F16,
 * scale, shift and statistics are F32.
 *
 * @param src the input
 * @param scale gamma
 * @param shift beta
 * @param runningMean changed in place
 * @param runningVariance changed in place
 * @param add a tensor added before the ReLU, or null
 * @param dst the result
 * @param mean the mean of the batch
 * @param variance the biased variance of the batch
 * @param mask one bit an element, in an order of the backend's own, that tells which results the
 *     ReLU let pass; null if no gradient is taken or there is no ReLU
 * @param epsilon added to the variance
 * @param momentum the weight of the new statistic, 0.1 in most networks
 * @param relu whether negative results become zero
 * @param processes of how many processes' batches the statistics are; 1 for the own batch alone
 */
public record BatchNorm(
    Value src,
    Value scale,
    Value shift,
    Value runningMean,
    Value runningVariance,
    @Nullable Value add,
    Value dst,
    Value mean,
    Value variance,
    @Nullable Value mask,
    double epsilon,
    double momentum,
    boolean relu,
    int processes)
    implements Op {

  /** Checks the shapes. */
  public BatchNorm {
    Check check = new Check("BatchNorm");
    check.rank(src, 4);
    check.same(src, dst);
    check.same(src, add);
    int c = src.shape().dim(1);
    check.that(
        src.shape().elements() > c,
        "%s has one value a channel, and the statistics of a batch need more: use a larger batch or"
            + " larger images",
        src);
    for (Value vector : List.of(scale, shift, runningMean, runningVariance, mean, variance)) {
      check.vector(vector, c, "one value a channel of " + src);
    }
    check.wideType(src, scale, shift, runningMean, runningVariance, mean, variance);
    check.that(relu || mask == null, "%s is given without ReLU", mask);
    if (mask != null) {
      check.vector(mask, maskBytes(src), "one bit an element of " + src);
    }
    check.type(mask, DType.U8);
    check.range("momentum", momentum, 0, 1);
    check.range("epsilon", epsilon, 0, 1);
    check.that(processes > 0, "%s processes", processes);
  }

  /** A normalisation by the statistics of the own batch. */
  public BatchNorm(
      Value src,
      Value scale,
      Value shift,
      Value runningMean,
      Value runningVariance,
      @Nullable Value add,
      Value dst,
      Value mean,
      Value variance,
      @Nullable Value mask,
      double epsilon,
      double momentum,
      boolean relu) {
    this(
        src,
        scale,
        shift,
        runningMean,
        runningVariance,
        add,
        dst,
        mean,
        variance,
        mask,
        epsilon,
        momentum,
        relu,
        1);
  }

  /**
   * The normalisation that most networks use: an epsilon of 1e-5, a momentum of 0.1.
   *
   * @see #of(String, Value, double)
   */
  public static BatchNorm of(String name, Value src) {
    return of(name, src, BatchNormInference.EPSILON);
  }

  /**
   * The normalisation with a momentum of 0.1.
   *
   * @param name of the result, n c h w; parameters and states are {@code name.weight}, {@code
   *     name.bias}, {@code name.running_mean} and {@code name.running_var}, the statistics of the
   *     batch {@code name.mean} and {@code name.variance}, all c
   * @param src n c h w
   */
  public static BatchNorm of(String name, Value src, double epsilon) {
    Check check = new Check("BatchNorm");
    check.rank(src, 4);
    check.floating(src);
    BatchNormInference norm = BatchNormInference.of(name, src, epsilon);
    return of(name, src, norm.scale(), norm.shift(), norm.mean(), norm.variance(), epsilon, 0.1);
  }

  /**
   * The normalisation with given values.
   *
   * @param name of the result, n c h w; the statistics of the batch are {@code name.mean} and
   *     {@code name.variance}, c
   */
  static BatchNorm of(
      String name,
      Value src,
      Value scale,
      Value shift,
      Value runningMean,
      Value runningVariance,
      double epsilon,
      double momentum) {
    return new BatchNorm(
        src,
        scale,
        shift,
        runningMean,
        runningVariance,
        null,
        Value.activation(name, src.shape(), src.dtype()),
        Value.activation(name + ".mean", scale.shape(), scale.dtype()),
        Value.activation(name + ".variance", scale.shape(), scale.dtype()),
        null,
        epsilon,
        momentum,
        false);
  }

  /**
   * This with a tensor added before the ReLU.
   *
   * @param other n c h w
   */
  public BatchNorm withAdd(Value other) {
    return with(other, dst, mask, relu);
  }

  /** This with a ReLU behind. */
  public BatchNorm withRelu() {
    return with(add, dst, mask, true);
  }

  /** This with another part of the batch in the new running statistics. */
  public BatchNorm withMomentum(double other) {
    return new BatchNorm(
        src,
        scale,
        shift,
        runningMean,
        runningVariance,
        add,
        dst,
        mean,
        variance,
        mask,
        epsilon,
        other,
        relu,
        processes);
  }

  /** This with statistics of the batches of so many processes, which run the same graph. */
  public BatchNorm withProcesses(int other) {
    return new BatchNorm(
        src,
        scale,
        shift,
        runningMean,
        runningVariance,
        add,
        dst,
        mean,
        variance,
        mask,
        epsilon,
        momentum,
        relu,
        other);
  }

  /** This with a mask of its own, {@code name.mask} with the result's name. */
  public BatchNorm withMask() {
    return withMask(Value.activation(dst.name() + ".mask", Shape.of(maskBytes(src)), DType.U8));
  }

  /**
   * This with a mask of what the ReLU lets pass.
   *
   * @param other as many bytes as {@link #maskBytes}, or null for none
   */
  public BatchNorm withMask(@Nullable Value other) {
    return with(add, dst, other, relu);
  }

  /**
   * This with another result.
   *
   * @param other n c h w
   */
  public BatchNorm withDst(Value other) {
    return with(add, other, mask, relu);
  }

  /**
   * The size of a mask for this src, in bytes.
   *
   * @throws IllegalArgumentException if it is more than a dimension can have
   */
  public static int maskBytes(Value src) {
    long bytes = (src.shape().elements() + 7) / 8;
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%s is too large for a mask of one bit an element: use a smaller batch".formatted(src));
    }
    return (int) bytes;
  }

  private BatchNorm with(
      @Nullable Value added, Value result, @Nullable Value bits, boolean isRectified) {
    return new BatchNorm(
        src,
        scale,
        shift,
        runningMean,
        runningVariance,
        added,
        result,
        mean,
        variance,
        bits,
        epsilon,
        momentum,
        isRectified,
        processes);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(src, scale, shift, runningMean, runningVariance, add);
  }

  @Override
  public List<Value> outputs() {
    return Op.present(dst, mean, variance, mask);
  }

  @Override
  public List<Value> updates() {
    return List.of(runningMean, runningVariance);
  }

  @Override
  public BatchNorm map(UnaryOperator<Value> values) {
    return new BatchNorm(
        values.apply(src),
        values.apply(scale),
        values.apply(shift),
        values.apply(runningMean),
        values.apply(runningVariance),
        Value.mapped(add, values),
        values.apply(dst),
        values.apply(mean),
        values.apply(variance),
        Value.mapped(mask, values),
        epsilon,
        momentum,
        relu,
        processes);
  }
}
