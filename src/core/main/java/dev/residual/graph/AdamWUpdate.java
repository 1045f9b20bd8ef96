package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One step of AdamW on one parameter, in PyTorch's form (Loshchilov and Hutter 2019, "Decoupled
 * Weight Decay Regularization").
 *
 * <p>{@code g = factor * gradient; steps += 1; mean = beta1 * mean + (1 - beta1) * g; variance =
 * beta2 * variance + (1 - beta2) * g^2; parameter = (1 - learningRate * weightDecay) * parameter -
 * learningRate * mean' / (sqrt(variance') + epsilon)}, where {@code mean' = mean / (1 -
 * beta1^steps)}, and variance' alike.
 *
 * @param parameter changed in place
 * @param gradient of the same shape
 * @param mean the first moment, changed in place, zero before the first step
 * @param variance the second moment, alike
 * @param steps how many steps were taken, a scalar, {@link DType#I32}, changed in place
 * @param learningRate a scalar
 * @param factor what the gradient is multiplied by, a scalar; null stands for 1
 * @param settings of all parameters alike, but for the decay
 */
public record AdamWUpdate(
    Value parameter,
    Value gradient,
    Value mean,
    Value variance,
    Value steps,
    Value learningRate,
    @Nullable Value factor,
    Settings settings)
    implements ParameterUpdate {

  /**
   * The numbers of AdamW.
   *
   * @param beta1 the part of the first moment that a step keeps, in [0, 1)
   * @param beta2 the same of the second
   * @param epsilon what is added to the root of the second moment, at least 0
   * @param weightDecay the part of the parameter, times the learning rate, that a step takes away;
   *     at least 0
   */
  public record Settings(double beta1, double beta2, double epsilon, double weightDecay) {

    /** Checks the ranges. */
    public Settings {
      Check check = new Check("AdamW");
      check.below("beta1", beta1, 1);
      check.below("beta2", beta2, 1);
      check.range("epsilon", epsilon, 0, Float.MAX_VALUE);
      check.range("weight decay", weightDecay, 0, Float.MAX_VALUE);
    }

    /** These with another decay. */
    public Settings withWeightDecay(double decay) {
      return new Settings(beta1, beta2, epsilon, decay);
    }
  }

  /** Checks the shapes. */
  public AdamWUpdate {
    Check check = new Check("AdamWUpdate");
    check.update(parameter, gradient, learningRate, factor);
    check.same(parameter, mean);
    check.same(parameter, variance);
    check.shape(steps, Shape.SCALAR, "one number of steps");
    check.type(steps, DType.I32);
  }

  /**
   * A step by a gradient. It makes the states {@code first_moment.}, {@code second_moment.} and
   * {@code steps.}, with the parameter's name behind.
   *
   * @param gradient of the parameter's shape
   * @param learningRate a scalar
   */
  public static AdamWUpdate of(
      Value parameter, Value gradient, Value learningRate, Settings settings) {
    return new AdamWUpdate(
        parameter,
        gradient,
        Value.stateOf("first_moment", parameter),
        Value.stateOf("second_moment", parameter),
        Value.state("steps." + parameter.name(), Shape.SCALAR, DType.I32),
        learningRate,
        null,
        settings);
  }

  @Override
  public AdamWUpdate withFactor(Value scalar) {
    return new AdamWUpdate(
        parameter, gradient, mean, variance, steps, learningRate, scalar, settings);
  }

  @Override
  public AdamWUpdate withGradient(Value other) {
    return new AdamWUpdate(parameter, other, mean, variance, steps, learningRate, factor, settings);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(parameter, gradient, mean, variance, steps, learningRate, factor);
  }

  @Override
  public List<Value> updates() {
    return List.of(parameter, mean, variance, steps);
  }

  @Override
  public AdamWUpdate map(UnaryOperator<Value> values) {
    return new AdamWUpdate(
        values.apply(parameter),
        values.apply(gradient),
        values.apply(mean),
        values.apply(variance),
        values.apply(steps),
        values.apply(learningRate),
        Value.mapped(factor, values),
        settings);
  }
}
