package dev.residual.graph;

import dev.residual.tensor.DType;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a {@link BatchNorm} or, frozen, of a {@link BatchNormInference}.
 *
 * <p>The gradient of the result is diffDst, or {@code diffDst + diffDstAdd} where two operations
 * read it. With a mask, the gradient first passes the ReLU that the mask describes. Frozen, mean
 * and variance are constants. Shapes: src, diffDst, diffDstAdd, diffSrc and diffAdd n c h w; all
 * others c, but for the mask. Beside images of BF16 or F16, all others are F32.
 *
 * @param src the input of the forward operation
 * @param diffDst the gradient of its result
 * @param diffDstAdd what is added to diffDst, or null
 * @param scale gamma
 * @param mean the mean that the forward operation used
 * @param variance the variance that the forward operation used
 * @param mask the mask that the forward operation wrote, or null without ReLU
 * @param diffSrc the gradient of the input
 * @param diffScale the gradient of gamma
 * @param diffShift the gradient of beta
 * @param diffAdd the gradient of the added tensor, which is the gradient of the result after the
 *     ReLU; or null
 * @param epsilon added to the variance
 * @param frozen whether the statistics are constants
 * @param processes of how many processes' batches the statistics are; then diffScale and diffShift
 *     are the sums of those of all processes
 */
public record BatchNormBackward(
    Value src,
    Value diffDst,
    @Nullable Value diffDstAdd,
    Value scale,
    Value mean,
    Value variance,
    @Nullable Value mask,
    Value diffSrc,
    Value diffScale,
    Value diffShift,
    @Nullable Value diffAdd,
    double epsilon,
    boolean frozen,
    int processes)
    implements Op {

  /** Checks the shapes. */
  public BatchNormBackward {
    Check check = new Check("BatchNormBackward");
    check.rank(src, 4);
    check.same(src, diffDst);
    check.same(src, diffDstAdd);
    check.same(src, diffSrc);
    check.same(src, diffAdd);
    for (Value vector : List.of(scale, mean, variance, diffScale, diffShift)) {
      check.vector(vector, src.shape().dim(1), "one value a channel of " + src);
    }
    check.wideType(src, scale, mean, variance, diffScale, diffShift);
    if (mask != null) {
      check.vector(mask, BatchNorm.maskBytes(src), "one bit an element of " + src);
    }
    check.type(mask, DType.U8);
    check.range("epsilon", epsilon, 0, 1);
    check.that(processes == 1 || (processes > 0 && !frozen), "%s processes", processes);
  }

  /** The gradients where the statistics are those of the own batch, or constants. */
  public BatchNormBackward(
      Value src,
      Value diffDst,
      @Nullable Value diffDstAdd,
      Value scale,
      Value mean,
      Value variance,
      @Nullable Value mask,
      Value diffSrc,
      Value diffScale,
      Value diffShift,
      @Nullable Value diffAdd,
      double epsilon,
      boolean frozen) {
    this(
        src,
        diffDst,
        diffDstAdd,
        scale,
        mean,
        variance,
        mask,
        diffSrc,
        diffScale,
        diffShift,
        diffAdd,
        epsilon,
        frozen,
        1);
  }

  /**
   * The gradients of a normalisation, of which nothing was added to the result.
   *
   * @param diffDst the gradient of its result, n c h w
   * @param diffSrc the gradient of its input, n c h w
   * @param diffScale the gradient of gamma, c
   * @param diffShift the gradient of beta, c
   */
  public static BatchNormBackward of(
      BatchNorm norm, Value diffDst, Value diffSrc, Value diffScale, Value diffShift) {
    return new BatchNormBackward(
        norm.src(),
        diffDst,
        null,
        norm.scale(),
        norm.mean(),
        norm.variance(),
        norm.mask(),
        diffSrc,
        diffScale,
        diffShift,
        null,
        norm.epsilon(),
        false,
        norm.processes());
  }

  /**
   * The gradients of a normalisation with constant statistics, before its ReLU.
   *
   * @param diffDst the gradient of its result, n c h w
   * @param diffSrc the gradient of its input, n c h w
   * @param diffScale the gradient of gamma, c
   * @param diffShift the gradient of beta, c
   */
  public static BatchNormBackward frozen(
      BatchNormInference norm, Value diffDst, Value diffSrc, Value diffScale, Value diffShift) {
    return new BatchNormBackward(
        norm.src(),
        diffDst,
        null,
        norm.scale(),
        norm.mean(),
        norm.variance(),
        null,
        diffSrc,
        diffScale,
        diffShift,
        null,
        norm.epsilon(),
        true);
  }

  /**
   * This with another gradient of the result.
   *
   * @param other n c h w
   */
  public BatchNormBackward withDiffDst(Value other) {
    return with(other, diffDstAdd, mask, diffAdd);
  }

  /**
   * This with something added to the gradient of the result.
   *
   * @param other n c h w
   */
  public BatchNormBackward withDiffDstAdd(Value other) {
    return with(diffDst, other, mask, diffAdd);
  }

  /**
   * This through the ReLU that a mask describes.
   *
   * @param other as many bytes as {@link BatchNorm#maskBytes}
   */
  public BatchNormBackward withMask(Value other) {
    return with(diffDst, diffDstAdd, other, diffAdd);
  }

  /**
   * This with the gradient of the added tensor.
   *
   * @param other n c h w
   */
  public BatchNormBackward withDiffAdd(Value other) {
    return with(diffDst, diffDstAdd, mask, other);
  }

  private BatchNormBackward with(
      Value gradient, @Nullable Value summand, @Nullable Value bits, @Nullable Value added) {
    return new BatchNormBackward(
        src, gradient, summand, scale, mean, variance, bits, diffSrc, diffScale, diffShift, added,
        epsilon, frozen, processes);
  }

  /** This for a normalisation by the statistics of so many processes. */
  public BatchNormBackward withProcesses(int other) {
    return new BatchNormBackward(
        src,
        diffDst,
        diffDstAdd,
        scale,
        mean,
        variance,
        mask,
        diffSrc,
        diffScale,
        diffShift,
        diffAdd,
        epsilon,
        frozen,
        other);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(src, diffDst, diffDstAdd, scale, mean, variance, mask);
  }

  @Override
  public List<Value> outputs() {
    return Op.present(diffSrc, diffScale, diffShift, diffAdd);
  }

  @Override
  public BatchNormBackward map(UnaryOperator<Value> values) {
    return new BatchNormBackward(
        values.apply(src),
        values.apply(diffDst),
        Value.mapped(diffDstAdd, values),
        values.apply(scale),
        values.apply(mean),
        values.apply(variance),
        Value.mapped(mask, values),
        values.apply(diffSrc),
        values.apply(diffScale),
        values.apply(diffShift),
        Value.mapped(diffAdd, values),
        epsilon,
        frozen,
        processes);
  }
}
