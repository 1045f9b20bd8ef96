package dev.residual.train;

import dev.residual.graph.LarsUpdate;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;

/**
 * LARS, for large batches: momentum with a rate that follows the norm of each parameter (You et al.
 * 2017). Parameters of rank one have plain momentum.
 *
 * @param trust the ratio of the norms of a step and its parameter, at a learning rate of 1; above 0
 * @param momentum in [0, 1]
 * @param weightDecay the L2 penalty, at least 0
 * @param decaysVectors whether the penalty holds for parameters of rank one, too
 */
public record Lars(double trust, double momentum, double weightDecay, boolean decaysVectors)
    implements Optimizer {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Lars {
    if (!(trust >= Float.MIN_NORMAL && trust <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException("trust is " + trust + ", it must be above 0 and finite");
    }
    Sgd ignored = new Sgd(momentum, weightDecay);
  }

  @Override
  public ParameterUpdate update(Value parameter, Value gradient, Value learningRate) {
    return parameter.shape().rank() == 1
        ? new Sgd(momentum, weightDecay, false, decaysVectors)
            .update(parameter, gradient, learningRate)
        : LarsUpdate.of(parameter, gradient, learningRate, trust, momentum, weightDecay);
  }
}
