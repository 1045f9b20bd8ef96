package dev.residual.train;

import dev.residual.graph.MuonUpdate;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;

/**
 * Muon (Jordan et al. 2024) for matrices and the weights of convolutions, as {@code
 * torch.optim.Muon}, and another rule for parameters of rank one.
 *
 * @param momentum in [0, 1)
 * @param weightDecay the part of a parameter, times the learning rate, that a step takes away; at
 *     least 0
 * @param steps the number of Newton-Schulz steps, at least 1
 * @param normalized whether parameters have a fixed norm, as in airbench; then without weight decay
 * @param others the rule for parameters of rank one
 */
public record Muon(
    double momentum, double weightDecay, int steps, boolean normalized, Optimizer others)
    implements Optimizer {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Muon {
    MuonUpdate.Settings ignored = new MuonUpdate.Settings(momentum, weightDecay, steps, normalized);
  }

  /** With a momentum of 0.95 and five steps. */
  public Muon(double weightDecay, Optimizer others) {
    this(0.95, weightDecay, 5, false, others);
  }

  @Override
  public ParameterUpdate update(Value parameter, Value gradient, Value learningRate) {
    return parameter.shape().rank() < 2
        ? others.update(parameter, gradient, learningRate)
        : MuonUpdate.of(
            parameter,
            gradient,
            learningRate,
            new MuonUpdate.Settings(momentum, weightDecay, steps, normalized));
  }
}
