package dev.residual.graph.passes;

import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.ParameterUpdate;

/**
 * The pass that bounds the norm of all gradients together: a {@link GradientClip} before the first
 * {@link ParameterUpdate} reads them and gives the factor of all updates.
 *
 * <p>To be done after {@link GradientAccumulation} and {@link LossScaling}, where there are such:
 * the norm is that of the mean gradient, without the scale. Where they skip a step, so does this.
 */
public final class GradientClipping {
  private GradientClipping() {}

  /**
   * The graph with clipped gradients; a graph without updates as it is.
   *
   * @param graph with the updates behind all gradients
   * @param maxNorm above 0 and finite
   * @throws IllegalArgumentException if the norm is another, or the updates have several factors
   */
  public static Graph of(Graph graph, double maxNorm) {
    Updates updates = Updates.of(graph);
    if (updates.all().isEmpty()) {
      return graph;
    }
    GradientClip clip =
        GradientClip.of(
            updates.gradients(), updates.factor(new PassCheck("GradientClipping")), maxNorm);
    return updates.withFactor(clip, clip.factor(), op -> op);
  }
}
