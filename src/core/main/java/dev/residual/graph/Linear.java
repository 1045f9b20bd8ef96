package dev.residual.graph;

import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected layer, {@code dst = src * transpose(weights) + bias} (oneDNN: inner product).
 *
 * <p>Beside a src and weights of BF16 or F16, bias and dst are F32.
 *
 * @param src the input, n i
 * @param weights the matrix, o i
 * @param bias one summand an output, o; or null
 * @param dst the result, n o
 */
public record Linear(Value src, Value weights, @Nullable Value bias, Value dst) implements Op {

  /** Checks the shapes. */
  public Linear {
    check("Linear", src, weights, bias, dst);
    Check check = new Check("Linear");
    check.sameType(src, weights);
    check.wideType(src, bias, dst);
  }

  /**
   * The layer without bias.
   *
   * @param name of the result, n o
   * @param src n i
   * @param weights o i
   */
  public static Linear of(String name, Value src, Value weights) {
    Check check = new Check("Linear");
    check.rank(src, 2);
    check.rank(weights, 2);
    Shape shape = Shape.of(src.shape().dim(0), weights.shape().dim(0));
    Value dst = Value.activation(name, shape, Check.wide(src.dtype()));
    return new Linear(src, weights, null, dst);
  }

  /**
   * This with a bias.
   *
   * @param other o
   */
  public Linear withBias(Value other) {
    return new Linear(src, weights, other, dst);
  }

  static void check(String kind, Value src, Value weights, @Nullable Value bias, Value dst) {
    Check check = new Check(kind);
    check.rank(src, 2);
    check.floating(src);
    check.rank(weights, 2);
    check.shape(
        weights, Shape.of(weights.shape().dim(0), src.shape().dim(1)), "to multiply " + src);
    check.shape(
        dst, Shape.of(src.shape().dim(0), weights.shape().dim(0)), "for " + src + ", " + weights);
    check.vector(bias, weights.shape().dim(0), "one value an output of " + weights);
  }

  /** The number of multiply-adds of one run. */
  public long macs() {
    return src.shape().dim(0) * weights.shape().elements();
  }

  @Override
  public List<Value> inputs() {
    return Op.present(src, weights, bias);
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst);
  }

  @Override
  public Linear map(UnaryOperator<Value> values) {
    return new Linear(
        values.apply(src), values.apply(weights), Value.mapped(bias, values), values.apply(dst));
  }
}
