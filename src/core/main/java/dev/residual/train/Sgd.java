package dev.residual.train;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Gradients;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

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
public record Sgd(double momentum, double weightDecay, boolean nesterov, boolean decaysVectors) {

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

  /**
   * The graph of the gradients followed by one update of each parameter.
   *
   * <p>The velocity of a parameter is a state, as {@code velocity.conv1.weight}, zero before the
   * first step. Gradients are no outputs of the result, so that their memory is free to be used
   * again.
   *
   * @param gradients of the parameters to be trained
   * @param learningRate a scalar input
   * @param outputs the activations that stay readable after a run
   */
  public Graph addTo(Gradients gradients, Value learningRate, Collection<Value> outputs) {
    List<Op> ops = new ArrayList<>(gradients.graph().ops());
    for (Value value : gradients.graph().values()) {
      Value gradient = gradients.of().get(value);
      if (gradient != null) {
        ops.add(update(value, gradient, learningRate));
      }
    }
    return new Graph(ops, outputs);
  }

  private SgdUpdate update(Value parameter, Value gradient, Value learningRate) {
    double decay = decaysVectors || parameter.shape().rank() != 1 ? weightDecay : 0;
    SgdUpdate update = SgdUpdate.of(parameter, gradient, learningRate).withWeightDecay(decay);
    SgdUpdate moving = momentum == 0 ? update : update.withMomentum(momentum);
    return nesterov ? moving.withNesterov() : moving;
  }
}
