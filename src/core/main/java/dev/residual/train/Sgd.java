package dev.residual.train;

import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;

/**
 * Stochastic gradient descent with momentum and weight decay, in the form of PyTorch's {@code
 * torch.optim.SGD} without dampening.
 *
 * @param momentum in [0, 1]; 0 keeps no velocity
 * @param weightDecay the L2 penalty, at least 0
 * @param nesterov whether steps look ahead, which needs momentum
 * @param decaysVectors whether the penalty holds for parameters of rank one too (biases, and the
 *     scales and shifts of batch normalisation), as in PyTorch and the papers
 */
public record Sgd(double momentum, double weightDecay, boolean nesterov, boolean decaysVectors)
    implements Optimizer {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is out of its range, or Nesterov's form has no
   *     momentum
   */
  public Sgd {
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new IllegalArgumentException("momentum is " + momentum + ", it must be in [0, 1]");
    }
    if (!(weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "weight decay is " + weightDecay + ", it must be at least 0 and finite");
    }
    if (nesterov && momentum == 0) {
      throw new IllegalArgumentException("Nesterov's form needs momentum, given 0");
    }
  }

  /** Plain momentum, with the penalty on every parameter. */
  public Sgd(double momentum, double weightDecay) {
    this(momentum, weightDecay, false, true);
  }

  @Override
  public SgdUpdate update(Value parameter, Value gradient, Value learningRate) {
    double decay = decaysVectors || parameter.shape().rank() != 1 ? weightDecay : 0;
    SgdUpdate update = SgdUpdate.of(parameter, gradient, learningRate).withWeightDecay(decay);
    SgdUpdate moving = momentum == 0 ? update : update.withMomentum(momentum);
    return nesterov ? moving.withNesterov() : moving;
  }
}
