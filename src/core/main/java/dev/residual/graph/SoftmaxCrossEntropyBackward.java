package dev.residual.graph;

import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of a {@link SoftmaxCrossEntropy} with respect to its logits.
 *
 * @param logits the scores, n classes
 * @param labels the classes, n, or their probabilities, n classes
 * @param diffLoss the gradient of the loss, a scalar, or the scale of a {@link LossScaleUpdate};
 *     null stands for 1
 * @param diffLogits the gradient of the scores, n classes
 * @param smoothing in [0, 1]
 * @param weight what the mean was multiplied by
 */
public record SoftmaxCrossEntropyBackward(
    Value logits,
    Value labels,
    @Nullable Value diffLoss,
    Value diffLogits,
    double smoothing,
    double weight)
    implements Op {

  /** Checks the shapes. */
  public SoftmaxCrossEntropyBackward {
    SoftmaxCrossEntropy.check("SoftmaxCrossEntropyBackward", logits, labels, smoothing, weight);
    Check check = new Check("SoftmaxCrossEntropyBackward");
    check.same(logits, diffLogits);
    check.shape(diffLoss, Shape.SCALAR, "the gradient of the mean");
    check.sameType(logits, diffLoss);
  }

  /** The gradient of a loss of weight 1. */
  public SoftmaxCrossEntropyBackward(
      Value logits, Value labels, @Nullable Value diffLoss, Value diffLogits, double smoothing) {
    this(logits, labels, diffLoss, diffLogits, smoothing, 1);
  }

  /** Whether labels are probabilities of the classes, and not numbers of classes. */
  public boolean isSoft() {
    return labels.dtype().isFloating();
  }

  /** This with another gradient of the loss, a scalar. */
  public SoftmaxCrossEntropyBackward withDiffLoss(Value scalar) {
    return new SoftmaxCrossEntropyBackward(logits, labels, scalar, diffLogits, smoothing, weight);
  }

  /** This with another factor of the mean. */
  public SoftmaxCrossEntropyBackward withWeight(double other) {
    return new SoftmaxCrossEntropyBackward(logits, labels, diffLoss, diffLogits, smoothing, other);
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
        smoothing,
        weight);
  }
}
