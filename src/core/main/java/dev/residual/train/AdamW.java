package dev.residual.train;

import dev.residual.graph.AdamWUpdate;
import dev.residual.graph.Value;

/**
 * AdamW, in the form of PyTorch's {@code torch.optim.AdamW}.
 *
 * @param beta1 the part of the first moment that a step keeps, in [0, 1)
 * @param beta2 the same of the second
 * @param epsilon what is added to the root of the second moment, at least 0
 * @param weightDecay the part of a parameter, times the learning rate, that a step takes away; at
 *     least 0
 * @param decaysVectors whether parameters of rank one decay, too, as in PyTorch
 */
public record AdamW(
    double beta1, double beta2, double epsilon, double weightDecay, boolean decaysVectors)
    implements Optimizer {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  public AdamW {
    AdamWUpdate.Settings ignored = new AdamWUpdate.Settings(beta1, beta2, epsilon, weightDecay);
  }

  /** With PyTorch's other numbers, and the decay of every parameter. */
  public AdamW(double weightDecay) {
    this(0.9, 0.999, 1e-8, weightDecay, true);
  }

  @Override
  public AdamWUpdate update(Value parameter, Value gradient, Value learningRate) {
    double decay = decaysVectors || parameter.shape().rank() != 1 ? weightDecay : 0;
    AdamWUpdate.Settings settings = new AdamWUpdate.Settings(beta1, beta2, epsilon, decay);
    return AdamWUpdate.of(parameter, gradient, learningRate, settings);
  }
}
