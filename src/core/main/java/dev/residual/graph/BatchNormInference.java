package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation with given statistics, for inference.
 *
 * <p>{@code dst = relu((src - mean) / sqrt(variance + epsilon) * scale + shift + add)}, where add
 * and the ReLU are optional. Shapes: src, add and dst n c h w; all others c. Beside images of BF16
 * or F16, all others are F32.
 *
 * @param src the input
 * @param scale gamma
 * @param shift beta
 * @param mean the running mean
 * @param variance the running variance
 * @param add a tensor added before the ReLU, or null
 * @param dst the result
 * @param epsilon added to the variance
 * @param relu whether negative results become zero
 */
public record BatchNormInference(
    Value src,
    Value scale,
    Value shift,
    Value mean,
    Value variance,
    @Nullable Value add,
    Value dst,
    double epsilon,
    boolean relu)
    implements Op {
  /** What most networks add to the variance. */
  static final double EPSILON = 1e-5;

  /** Checks the shapes. */
  public BatchNormInference {
    Check check = new Check("BatchNormInference");
    check.rank(src, 4);
    check.same(src, dst);
    check.same(src, add);
    for (Value vector : List.of(scale, shift, mean, variance)) {
      check.vector(vector, src.shape().dim(1), "one value a channel of " + src);
    }
    check.wideType(src, scale, shift, mean, variance);
    check.range("epsilon", epsilon, 0, 1);
  }

  /**
   * The normalisation that most networks use, with an epsilon of 1e-5.
   *
   * @see #of(String, Value, double)
   */
  public static BatchNormInference of(String name, Value src) {
    return of(name, src, EPSILON);
  }

  /**
   * The normalisation with values of its own.
   *
   * @param name of the result, n c h w; parameters and states are {@code name.weight}, {@code
   *     name.bias}, {@code name.running_mean} and {@code name.running_var}, all c
   * @param src n c h w
   */
  public static BatchNormInference of(String name, Value src, double epsilon) {
    new Check("BatchNormInference").rank(src, 4);
    Shape c = Shape.of(src.shape().dim(1));
    DType wide = Check.wide(src.dtype());
    return of(
        name,
        src,
        Value.parameter(name + ".weight", c, wide),
        Value.parameter(name + ".bias", c, wide),
        Value.state(name + ".running_mean", c, wide),
        Value.state(name + ".running_var", c, wide),
        epsilon);
  }

  /**
   * The normalisation with given values.
   *
   * @param name of the result, n c h w
   */
  static BatchNormInference of(
      String name,
      Value src,
      Value scale,
      Value shift,
      Value mean,
      Value variance,
      double epsilon) {
    Value dst = Value.activation(name, src.shape(), src.dtype());
    return new BatchNormInference(src, scale, shift, mean, variance, null, dst, epsilon, false);
  }

  /**
   * This with a tensor added before the ReLU.
   *
   * @param other n c h w
   */
  public BatchNormInference withAdd(Value other) {
    return new BatchNormInference(src, scale, shift, mean, variance, other, dst, epsilon, relu);
  }

  /** This with a ReLU behind. */
  public BatchNormInference withRelu() {
    return new BatchNormInference(src, scale, shift, mean, variance, add, dst, epsilon, true);
  }

  /**
   * This with another result.
   *
   * @param other n c h w
   */
  public BatchNormInference withDst(Value other) {
    return new BatchNormInference(src, scale, shift, mean, variance, add, other, epsilon, relu);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(src, scale, shift, mean, variance, add);
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst);
  }

  @Override
  public BatchNormInference map(UnaryOperator<Value> values) {
    return new BatchNormInference(
        values.apply(src),
        values.apply(scale),
        values.apply(shift),
        values.apply(mean),
        values.apply(variance),
        Value.mapped(add, values),
        values.apply(dst),
        epsilon,
        relu);
  }
}
