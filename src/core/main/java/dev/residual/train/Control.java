package dev.residual.train;

import dev.residual.graph.Value;

/**
 * A number that a step is given beside the learning rate, as that of a group of parameters.
 *
 * @param value an input, a scalar
 * @param rule its number in each step
 */
public record Control(Value value, Rule rule) {

  /** The number of a control in each step. */
  @FunctionalInterface
  public interface Rule {
    /**
     * The number of a step.
     *
     * @param epoch from 0
     * @param batch from 0
     * @param batches the number of batches in an epoch
     */
    double at(int epoch, int batch, int batches);
  }
}
