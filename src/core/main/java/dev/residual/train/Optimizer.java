package dev.residual.train;

import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;

/**
 * The rule by which gradients change parameters.
 *
 * <p>Optimisers are records, so that their text tells all about them.
 */
public sealed interface Optimizer permits AdamW, Lars, Muon, Sgd {

  /**
   * One step on one parameter. Its states begin with zeros, and are called after the parameter, as
   * {@code velocity.conv1.weight}.
   *
   * @param learningRate a scalar
   */
  ParameterUpdate update(Value parameter, Value gradient, Value learningRate);
}
