package dev.residual.graph;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step of an optimiser on one parameter, which it changes in place together with its states.
 *
 * <p>The gradient is multiplied by a factor first. Where that is 0, the step is skipped: parameter
 * and states keep their bits.
 */
public sealed interface ParameterUpdate extends Op
    permits AdamWUpdate, LarsUpdate, MuonUpdate, SgdUpdate {

  /** The parameter, changed in place. */
  Value parameter();

  /** The gradient of the parameter, of the same shape. */
  Value gradient();

  /** The learning rate, a scalar. */
  Value learningRate();

  /** What the gradient is multiplied by, a scalar; null stands for 1. */
  @Nullable Value factor();

  /** This with a gradient that is multiplied by a scalar, and skipped where that is 0. */
  ParameterUpdate withFactor(Value scalar);

  /** This with another gradient. */
  ParameterUpdate withGradient(Value other);

  /** Nothing: the results lie where parameter and states did. */
  @Override
  default List<Value> outputs() {
    return List.of();
  }
}
