package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The mean cross-entropy between the softmax of logits and labels, with label smoothing.
 *
 * <p>The target of a class is {@code (1 - smoothing) * [class == label] + smoothing / classes}
 * (Szegedy et al. 2016), as in PyTorch. Images that are mixtures of several have a probability of
 * each class in place of {@code [class == label]}.
 *
 * @param logits the scores, n classes
 * @param labels the classes, n, {@link DType#I32}, each in [0, classes); or the probabilities of
 *     the classes, n classes, of the type of the logits
 * @param loss the mean over the batch, a scalar
 * @param smoothing in [0, 1]
 * @param weight what the mean is multiplied by
 */
public record SoftmaxCrossEntropy(
    Value logits, Value labels, Value loss, double smoothing, double weight) implements Op {

  /** Checks the shapes. */
  public SoftmaxCrossEntropy {
    check("SoftmaxCrossEntropy", logits, labels, smoothing, weight);
    Check check = new Check("SoftmaxCrossEntropy");
    check.shape(loss, Shape.SCALAR, "the mean over the batch");
    check.sameType(logits, loss);
  }

  /** A loss of weight 1. */
  public SoftmaxCrossEntropy(Value logits, Value labels, Value loss, double smoothing) {
    this(logits, labels, loss, smoothing, 1);
  }

  /**
   * The loss of logits, of weight 1.
   *
   * @param name of the loss, a scalar
   * @param logits n classes
   * @param labels n, {@link DType#I32}, or n classes
   * @param smoothing in [0, 1]
   */
  public static SoftmaxCrossEntropy of(String name, Value logits, Value labels, double smoothing) {
    Value loss = Value.activation(name, Shape.SCALAR, logits.dtype());
    return new SoftmaxCrossEntropy(logits, labels, loss, smoothing);
  }

  /** This loss with another weight. */
  public SoftmaxCrossEntropy withWeight(double other) {
    return new SoftmaxCrossEntropy(logits, labels, loss, smoothing, other);
  }

  static void check(String kind, Value logits, Value labels, double smoothing, double weight) {
    Check check = new Check(kind);
    if (labels.dtype().isFloating()) {
      check.rank(logits, 2);
      check.same(logits, labels);
    } else {
      check.labels(logits, labels);
    }
    check.range("smoothing", smoothing, 0, 1);
    check.that(Double.isFinite(weight), "the weight is %s, it must be finite", weight);
  }

  /** Whether labels are probabilities of the classes, and not numbers of classes. */
  public boolean isSoft() {
    return labels.dtype().isFloating();
  }

  @Override
  public List<Value> inputs() {
    return List.of(logits, labels);
  }

  @Override
  public List<Value> outputs() {
    return List.of(loss);
  }

  @Override
  public SoftmaxCrossEntropy map(UnaryOperator<Value> values) {
    return new SoftmaxCrossEntropy(
        values.apply(logits), values.apply(labels), values.apply(loss), smoothing, weight);
  }
}
