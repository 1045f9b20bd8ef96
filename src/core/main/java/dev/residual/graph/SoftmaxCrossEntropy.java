package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The mean cross-entropy between the softmax of logits and labels, with label smoothing.
 *
 * <p>The target of a class is {@code (1 - smoothing) * [class == label] + smoothing / classes}
 * (Szegedy et al. 2016), as in PyTorch.
 *
 * @param logits the scores, n classes
 * @param labels the classes, n, {@link DType#I32}, each in [0, classes)
 * @param loss the mean over the batch, a scalar
 * @param smoothing in [0, 1]
 */
public record SoftmaxCrossEntropy(Value logits, Value labels, Value loss, double smoothing)
    implements Op {

  /** Checks the shapes. */
  public SoftmaxCrossEntropy {
    check("SoftmaxCrossEntropy", logits, labels, smoothing);
    Check check = new Check("SoftmaxCrossEntropy");
    check.shape(loss, Shape.SCALAR, "the mean over the batch");
    check.sameType(logits, loss);
  }

  /**
   * The loss of logits.
   *
   * @param name of the loss, a scalar
   * @param logits n classes
   * @param labels n, {@link DType#I32}
   * @param smoothing in [0, 1]
   */
  public static SoftmaxCrossEntropy of(String name, Value logits, Value labels, double smoothing) {
    Value loss = Value.activation(name, Shape.SCALAR, logits.dtype());
    return new SoftmaxCrossEntropy(logits, labels, loss, smoothing);
  }

  static void check(String kind, Value logits, Value labels, double smoothing) {
    Check check = new Check(kind);
    check.labels(logits, labels);
    check.range("smoothing", smoothing, 0, 1);
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
        values.apply(logits), values.apply(labels), values.apply(loss), smoothing);
  }
}
