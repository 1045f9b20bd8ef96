package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;

/**
 * The sum and the sum of squares of each channel: what batch normalization needs of its input.
 *
 * @param x the images
 * @param sum the sum of each channel
 * @param sqSum the sum of squares of each channel
 */
public record GenStats(GraphTensor x, GraphTensor sum, GraphTensor sqSum) implements Node {

  /** Checks the shapes. */
  public GenStats {
    new Check("GenStats").channels(x, sum, sqSum);
  }

  @Override
  public List<GraphTensor> inputs() {
    return List.of(x);
  }

  @Override
  public List<GraphTensor> outputs() {
    return List.of(sum, sqSum);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    return NodeText.of(tensors, NodeText.list(sum, sqSum), "GenStats", x);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
