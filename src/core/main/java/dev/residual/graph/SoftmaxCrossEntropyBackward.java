package dev.residual.graph;

import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of a {@link SoftmaxCrossEntropy} with respect to its logits.
 *
 * @param logits the scores, n classes
 * @param labels the classes, n
 * @param diffLoss the gradient of the loss, a scalar, or the scale of a {@link LossScaleUpdate};
 *     null stands for 1
 * @param diffLogits the gradient of the scores, n classes
 * @param smoothing in [0, 1]
 */
public record SoftmaxCrossEntropyBackward(
    Value logits, Value labels, @Nullable Value diffLoss, Value diffLogits, double smoothing)
    implements Op {

  /** Checks the shapes. */
  public SoftmaxCrossEntropyBackward {
    SoftmaxCrossEntropy.check("SoftmaxCrossEntropyBackward", logits, labels, smoothing);
    Check check = new Check("SoftmaxCrossEntropyBackward");
    check.same(logits, diffLogits);
    check.shape(diffLoss, Shape.SCALAR, "the gradient of the mean");
    check.sameType(logits, diffLoss);
  }

  /** This with another gradient of the loss, a scalar. */
  public SoftmaxCrossEntropyBackward withDiffLoss(Value scalar) {
    return new SoftmaxCrossEntropyBackward(logits, labels, scalar, diffLogits, smoothing);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(logits, labels, diffLoss);
  }

  @Override
  public List<Value> outputs() {
    return List.of(diffLogits);
  }

  @Override
  public SoftmaxCrossEntropyBackward map(UnaryOperator<Value> values) {
    return new SoftmaxCrossEntropyBackward(
        values.apply(logits),
        values.apply(labels),
        Value.mapped(diffLoss, values),
        values.apply(diffLogits),
        smoothing);
  }
}
