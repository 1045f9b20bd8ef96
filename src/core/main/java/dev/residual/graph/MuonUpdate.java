package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One step of Muon on one parameter: the direction of Nesterov's momentum, as a matrix whose
 * singular values have been brought close to 1 (Jordan et al. 2024, "Muon: An optimizer for hidden
 * layers in neural networks").
 *
 * <p>{@code g = factor * gradient; velocity = momentum * velocity + g; X = g + momentum *
 * velocity}. X is divided by its norm. Then each of the Newton-Schulz steps does {@code A = X X^T;
 * X = 3.4445 X + (-4.7750 A + 2.0315 A^2) X}, transposed where there are more rows than columns.
 * The matrix of a parameter has its first extent as rows.
 *
 * <p>Plain: {@code parameter = (1 - learningRate * weightDecay) * parameter - learningRate *
 * sqrt(max(1, rows / columns)) * X}, as {@code torch.optim.Muon} does. Normalised, as in airbench:
 * the parameter is given the norm sqrt(rows), and then {@code learningRate * X} is taken away.
 *
 * @param parameter of two extents or more, changed in place
 * @param gradient of the same shape
 * @param velocity the momentum buffer, changed in place, zero before the first step
 * @param learningRate a scalar
 * @param factor what the gradient is multiplied by, a scalar; null stands for 1
 * @param settings of all parameters alike
 */
public record MuonUpdate(
    Value parameter,
    Value gradient,
    Value velocity,
    Value learningRate,
    @Nullable Value factor,
    Settings settings)
    implements ParameterUpdate {
  /** The coefficients of X, of A X and of A^2 X. */
  public static final List<Double> COEFFICIENTS = List.of(3.4445, -4.7750, 2.0315);

  /** What is added to the norm that X is divided by. */
  public static final double EPSILON = 1e-7;

  private static final int MOST_STEPS = 100;

  /**
   * The numbers of Muon.
   *
   * @param momentum in [0, 1)
   * @param weightDecay the part of the parameter, times the learning rate, that a step takes away;
   *     at least 0
   * @param steps the number of Newton-Schulz steps, 1 to {@value #MOST_STEPS}
   * @param normalized whether the parameter has a fixed norm, which needs a weight decay of 0
   */
  public record Settings(double momentum, double weightDecay, int steps, boolean normalized) {

    /** Checks the ranges. */
    public Settings {
      Check check = new Check("Muon");
      check.below("momentum", momentum, 1);
      check.range("weight decay", weightDecay, 0, Float.MAX_VALUE);
      check.range("the number of steps", steps, 1, MOST_STEPS);
      check.that(
          !normalized || weightDecay == 0,
          "a parameter of a fixed norm has no weight decay, given %s",
          weightDecay);
    }
  }

  /** Checks the shapes. */
  public MuonUpdate {
    Check check = new Check("MuonUpdate");
    check.update(parameter, gradient, learningRate, factor);
    check.same(parameter, velocity);
    check.that(parameter.shape().rank() >= 2, "%s is no matrix", parameter);
    check.that(
        parameter.shape().elements() / parameter.shape().dim(0) <= Integer.MAX_VALUE,
        "%s has more than 2^31 - 1 columns",
        parameter);
  }

  /**
   * A step by a gradient. It makes the state {@code velocity.} with the parameter's name behind.
   *
   * @param gradient of the parameter's shape
   * @param learningRate a scalar
   */
  public static MuonUpdate of(
      Value parameter, Value gradient, Value learningRate, Settings settings) {
    Value velocity = Value.stateOf("velocity", parameter);
    return new MuonUpdate(parameter, gradient, velocity, learningRate, null, settings);
  }

  /** The rows of the matrix. */
  public int rows() {
    return parameter.shape().dim(0);
  }

  /** The columns of the matrix. */
  public int columns() {
    return Math.toIntExact(parameter.shape().elements() / rows());
  }

  /** What X is multiplied by, beside the learning rate. */
  public double scale() {
    return settings.normalized() ? 1 : Math.sqrt(Math.max(1, (double) rows() / columns()));
  }

  /** The norm that the parameter is given; 0 where it keeps its own. */
  public double norm() {
    return settings.normalized() ? Math.sqrt(rows()) : 0;
  }

  @Override
  public MuonUpdate withFactor(Value scalar) {
    return new MuonUpdate(parameter, gradient, velocity, learningRate, scalar, settings);
  }

  @Override
  public MuonUpdate withGradient(Value other) {
    return new MuonUpdate(parameter, other, velocity, learningRate, factor, settings);
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
  public MuonUpdate map(UnaryOperator<Value> values) {
    return new MuonUpdate(
        values.apply(parameter),
        values.apply(gradient),
        values.apply(velocity),
        values.apply(learningRate),
        Value.mapped(factor, values),
        settings);
  }
}
