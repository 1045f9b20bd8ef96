package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One step of stochastic gradient descent on one parameter, in PyTorch's form.
 *
 * <p>{@code g = factor * gradient + weightDecay * parameter; velocity = momentum * velocity + g;
 * parameter -= learningRate * (nesterov ? g + momentum * velocity : velocity)}. Where the factor is
 * 0, the step is skipped: parameter and velocity keep their bits.
 *
 * @param parameter changed in place
 * @param gradient of the same shape
 * @param velocity the momentum buffer, changed in place, zero before the first step; null without
 *     momentum
 * @param learningRate a scalar
 * @param factor what the gradient is multiplied by, a scalar, as a {@link LossScaleUpdate} gives
 *     it; null stands for 1
 * @param momentum in [0, 1]
 * @param weightDecay the L2 penalty
 * @param nesterov whether the step looks ahead
 */
public record SgdUpdate(
    Value parameter,
    Value gradient,
    @Nullable Value velocity,
    Value learningRate,
    @Nullable Value factor,
    double momentum,
    double weightDecay,
    boolean nesterov)
    implements ParameterUpdate {

  /** Checks the shapes. */
  public SgdUpdate {
    Check check = new Check("SgdUpdate");
    check.update(parameter, gradient, learningRate, factor);
    check.same(parameter, velocity);
    check.range("momentum", momentum, 0, 1);
    check.range("weight decay", weightDecay, 0, Double.MAX_VALUE);
    check.that(
        (velocity != null) == (momentum > 0), "momentum %s with velocity %s", momentum, velocity);
    check.that(!nesterov || velocity != null, "Nesterov's form needs momentum");
  }

  /** A step by the gradient as it is. */
  public SgdUpdate(
      Value parameter,
      Value gradient,
      @Nullable Value velocity,
      Value learningRate,
      double momentum,
      double weightDecay,
      boolean nesterov) {
    this(parameter, gradient, velocity, learningRate, null, momentum, weightDecay, nesterov);
  }

  /**
   * A step without momentum and weight decay.
   *
   * @param gradient of the parameter's shape
   * @param learningRate a scalar
   */
  public static SgdUpdate of(Value parameter, Value gradient, Value learningRate) {
    return new SgdUpdate(parameter, gradient, null, learningRate, 0, 0, false);
  }

  /**
   * This with momentum.
   *
   * @param part of the velocity that a step keeps, above 0 and at most 1; the velocity is the state
   *     {@code velocity.} with the parameter's name behind, of the parameter's shape
   */
  public SgdUpdate withMomentum(double part) {
    Value state = Value.stateOf("velocity", parameter);
    return new SgdUpdate(
        parameter, gradient, state, learningRate, factor, part, weightDecay, nesterov);
  }

  /** This with an L2 penalty, at least 0. */
  public SgdUpdate withWeightDecay(double penalty) {
    return new SgdUpdate(
        parameter, gradient, velocity, learningRate, factor, momentum, penalty, nesterov);
  }

  /** This in Nesterov's form, which needs momentum. */
  public SgdUpdate withNesterov() {
    return new SgdUpdate(
        parameter, gradient, velocity, learningRate, factor, momentum, weightDecay, true);
  }

  @Override
  public SgdUpdate withFactor(Value scalar) {
    return new SgdUpdate(
        parameter, gradient, velocity, learningRate, scalar, momentum, weightDecay, nesterov);
  }

  @Override
  public SgdUpdate withGradient(Value other) {
    return new SgdUpdate(
        parameter, other, velocity, learningRate, factor, momentum, weightDecay, nesterov);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(parameter, gradient, velocity, learningRate, factor);
  }

  @Override
  public List<Value> updates() {
    return Op.present(parameter, velocity);
  }

  @Override
  public SgdUpdate map(UnaryOperator<Value> values) {
    return new SgdUpdate(
        values.apply(parameter),
        values.apply(gradient),
        Value.mapped(velocity, values),
        values.apply(learningRate),
        Value.mapped(factor, values),
        momentum,
        weightDecay,
        nesterov);
  }
}
