package dev.residual.nn;

import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import java.util.List;
import java.util.Optional;

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

  /** The names of the logits of further heads, n classes, which the layers have in training. */
  default List<String> auxiliary() {
    return List.of();
  }

  /** The names of parameters that training leaves as they are. */
  default List<String> fixed() {
    return List.of();
  }

  /** The name of a convolution's weights that are to whiten the patches of images. */
  default Optional<String> whitening() {
    return Optional.empty();
  }

  /** The rule for first weights: {@link Initializer.Fan#OUT}. */
  default Initializer initializer(long seed) {
    return new Initializer(Initializer.Fan.OUT, seed);
  }
}
