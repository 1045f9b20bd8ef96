package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One step of LARS on one parameter: gradient descent with momentum at a rate that follows the norm
 * of the parameter (You et al. 2017, "Large Batch Training of Convolutional Networks").
 *
 * <p>{@code g = factor * gradient; ratio = trust * |parameter| / (|g| + weightDecay * |parameter| +
 * 1e-8); velocity = momentum * velocity + ratio * (g + weightDecay * parameter); parameter -=
 * learningRate * velocity}. Where parameter or gradient is zero, the ratio is 1.
 *
 * @param parameter changed in place
 * @param gradient of the same shape
 * @param velocity the momentum buffer, changed in place, zero before the first step
 * @param learningRate a scalar
 * @param factor what the gradient is multiplied by, a scalar; null stands for 1
 * @param trust the ratio of the norms of step and parameter, at a learning rate of 1; above 0
 * @param momentum in [0, 1]
 * @param weightDecay the L2 penalty, at least 0
 */
public record LarsUpdate(
    Value parameter,
    Value gradient,
    Value velocity,
    Value learningRate,
    @Nullable Value factor,
    double trust,
    double momentum,
    double weightDecay)
    implements ParameterUpdate {
  private static final double EPSILON = 1e-8;

  /** Checks the shapes. */
  public LarsUpdate {
    Check check = new Check("LarsUpdate");
    check.update(parameter, gradient, learningRate, factor);
    check.same(parameter, velocity);
    check.range("trust", trust, Float.MIN_NORMAL, Float.MAX_VALUE);
    check.range("momentum", momentum, 0, 1);
    check.range("weight decay", weightDecay, 0, Float.MAX_VALUE);
  }

  /**
   * A step by a gradient. It makes the state {@code velocity.} with the parameter's name behind.
   *
   * @param gradient of the parameter's shape
   * @param learningRate a scalar
   */
  public static LarsUpdate of(
      Value parameter,
      Value gradient,
      Value learningRate,
      double trust,
      double momentum,
      double weightDecay) {
    Value velocity = Value.stateOf("velocity", parameter);
    return new LarsUpdate(
        parameter, gradient, velocity, learningRate, null, trust, momentum, weightDecay);
  }

  /** What keeps the ratio finite where gradients vanish. */
  public double epsilon() {
    return EPSILON;
  }

  /** The ratio, given the norms of the parameter and of the gradient times the factor. */
  public double ratio(double norm, double gradientNorm) {
    return norm > 0 && gradientNorm > 0
        ? trust * norm / (gradientNorm + weightDecay * norm + EPSILON)
        : 1;
  }

  @Override
  public LarsUpdate withFactor(Value scalar) {
    return new LarsUpdate(
        parameter, gradient, velocity, learningRate, scalar, trust, momentum, weightDecay);
  }

  @Override
  public LarsUpdate withGradient(Value other) {
    return new LarsUpdate(
        parameter, other, velocity, learningRate, factor, trust, momentum, weightDecay);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(parameter, gradient, velocity, learningRate, factor);
  }

  @Override
  public List<Value> updates() {
    return List.of(parameter, velocity);
  }

  @Override
  public LarsUpdate map(UnaryOperator<Value> values) {
    return new LarsUpdate(
        values.apply(parameter),
        values.apply(gradient),
        values.apply(velocity),
        values.apply(learningRate),
        Value.mapped(factor, values),
        trust,
        momentum,
        weightDecay);
  }
}
