package dev.residual.nn;

import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;

/** The layers of a network, which can be added to a graph. */
@FunctionalInterface
public interface Layers {

  /**
   * Adds the layers.
   *
   * <p>A layer with chance in {@link Mode#TRAINING}, as dropout, has a state of {@link
   * dev.residual.tensor.DType#I64} for the caller to seed.
   *
   * @param images n 3 h w, of the builder's type
   * @return the logits, n classes
   * @throws IllegalArgumentException if the layers cannot take images of this size
   */
  Value logits(GraphBuilder graph, Value images, int classes, Mode mode);
}
