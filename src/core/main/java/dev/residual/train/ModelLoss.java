package dev.residual.train;

import dev.residual.graph.Add;
import dev.residual.graph.Op;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import java.util.ArrayList;
import java.util.List;

/**
 * The loss of a model: that of its logits, and of auxiliary heads with a weight of {@value
 * #AUXILIARY}, as in "Going Deeper with Convolutions" (Szegedy et al. 2014, section 5).
 *
 * @param ops what computes it
 * @param value the sum, a scalar
 */
record ModelLoss(List<Op> ops, Value value) {
  /** The weight of the loss of an auxiliary head. */
  static final double AUXILIARY = 0.3;

  private static final String NAME = "loss";

  /**
   * The loss of a model.
   *
   * @param labels n, or n classes
   * @param smoothing of the labels, in [0, 1]
   */
  static ModelLoss of(Model model, Value labels, double smoothing) {
    List<Value> heads = model.auxiliary();
    String own = heads.isEmpty() ? NAME : NAME + "." + model.logits().name();
    SoftmaxCrossEntropy main = SoftmaxCrossEntropy.of(own, model.logits(), labels, smoothing);
    List<Op> ops = new ArrayList<>(List.of(main));
    Value sum = main.loss();
    for (int i = 0; i < heads.size(); i++) {
      String name = NAME + "." + heads.get(i).name();
      SoftmaxCrossEntropy other =
          SoftmaxCrossEntropy.of(name, heads.get(i), labels, smoothing).withWeight(AUXILIARY);
      boolean isLast = i == heads.size() - 1;
      Value next = Value.activation(isLast ? NAME : name + ".sum", sum.shape(), sum.dtype());
      ops.add(other);
      ops.add(new Add(sum, other.loss(), next));
      sum = next;
    }
    return new ModelLoss(ops, sum);
  }
}
