package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;

/**
 * A sum, or the like, over the extents of x that are 1 in y.
 *
 * @param op what is computed
 * @param x the elements
 * @param y the results
 */
public record Reduction(Operator op, GraphTensor x, GraphTensor y) implements Node {

  /** What a reduction computes. */
  public enum Operator {
    /** The sum. */
    ADD,
    /** The least. */
    MIN,
    /** The greatest. */
    MAX,
    /** The greatest absolute value. */
    AMAX,
    /** The mean. */
    AVG
  }

  /** Checks the shapes. */
  public Reduction {
    new Check("Reduction").broadcast(y, x);
  }

  @Override
  public List<GraphTensor> inputs() {
    return List.of(x);
  }

  @Override
  public List<GraphTensor> outputs() {
    return List.of(y);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return NodeText.of(tensors, NodeText.list(y), "Reduction", op, x);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
