package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What gradients are to be multiplied by so that their norm, of all of them together, is no larger
 * than a maximum: {@code factor = given * min(1, maxNorm / (norm + 1e-6))}, as PyTorch's {@code
 * clip_grad_norm_} does (Pascanu et al. 2013, "On the difficulty of training recurrent neural
 * networks").
 *
 * <p>The norm is that of the gradients times what is given. Where it is infinite or NaN, the factor
 * is NaN. Where 0 is given, the factor is 0, whatever the norm: updates are skipped.
 *
 * @param gradients of any shapes and one type
 * @param given what gradients are multiplied by already, a scalar; null stands for 1
 * @param factor what they are to be multiplied by instead, a scalar
 * @param maxNorm above 0 and finite
 */
public record GradientClip(
    List<Value> gradients, @Nullable Value given, Value factor, double maxNorm) implements Op {
  private static final double EPSILON = 1e-6;

  /** Checks shapes and types. */
  public GradientClip {
    gradients = List.copyOf(gradients);
    Check check = new Check("GradientClip");
    check.that(!gradients.isEmpty(), "no gradients are given for %s", factor);
    check.floating(factor);
    check.that(!factor.dtype().isHalf(), "%s must be F32 or F64", factor);
    check.shape(factor, Shape.SCALAR, "one factor");
    check.shape(given, Shape.SCALAR, "one factor");
    check.sameType(factor, given);
    check.sameType(factor, gradients.toArray(Value[]::new));
    check.that(
        maxNorm > 0 && maxNorm < Double.POSITIVE_INFINITY,
        "the largest norm is %s, it must be above 0 and finite",
        maxNorm);
  }

  /**
   * The clipping of these gradients, with the factor {@code clipped_factor}.
   *
   * @param gradients at least one
   */
  public static GradientClip of(List<Value> gradients, @Nullable Value given, double maxNorm) {
    DType dtype = gradients.isEmpty() ? DType.F32 : gradients.getFirst().dtype();
    Value factor = Value.activation("clipped_factor", Shape.SCALAR, dtype);
    return new GradientClip(gradients, given, factor, maxNorm);
  }

  /**
   * The factor of gradients.
   *
   * @param given what they are multiplied by already
   * @param squares the sum of their squares, before that
   */
  public double factor(double given, double squares) {
    if (given == 0) {
      return 0;
    }
    double norm = Math.abs(given) * Math.sqrt(squares);
    return Double.isFinite(norm) ? given * Math.min(1, maxNorm / (norm + EPSILON)) : Double.NaN;
  }

  @Override
  public List<Value> inputs() {
    List<Value> inputs = new ArrayList<>(gradients);
    inputs.addAll(Op.present(given));
    return List.copyOf(inputs);
  }

  @Override
  public List<Value> outputs() {
    return List.of(factor);
  }

  @Override
  public GradientClip map(UnaryOperator<Value> values) {
    return new GradientClip(
        gradients.stream().map(values).toList(),
        Value.mapped(given, values),
        values.apply(factor),
        maxNorm);
  }
}
