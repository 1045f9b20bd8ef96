package dev.residual.graph.passes;

import dev.residual.graph.Graph;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Role;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.HashSet;
import java.util.Set;

/**
 * The pass that keeps small gradients from becoming 0 in {@link DType#F16}: it multiplies the loss
 * by a dynamic scale, and undoes that in the updates (Micikevicius et al. 2018, "Mixed Precision
 * Training", section 3.2).
 *
 * <p>The gradient of the loss begins with the state {@code loss_scale} in place of 1. Before the
 * first {@link ParameterUpdate} a {@link LossScaleUpdate} reads all gradients, and gives the factor
 * that the updates multiply theirs by. Where a gradient is infinite or NaN, weights and velocities
 * keep their bits. The running statistics of batch normalisation, which the forward pass has
 * updated by then, do not, as in PyTorch; if the images or activations were not finite, neither are
 * they.
 *
 * <p>To be done after gradients, optimiser and {@link GradientAccumulation} were added and before
 * {@link GradientClipping} and {@link MixedPrecision}. Whoever runs the graph writes {@value
 * LossScaleUpdate#INITIAL} to {@code loss_scale} before the first run; else that run updates no
 * weights, and sets it. Gradients that are read are scaled.
 */
public final class LossScaling {
  private static final PassCheck CHECK = new PassCheck("LossScaling");

  private LossScaling() {}

  /**
   * The graph with a scaled loss; a graph without updates as it is.
   *
   * @param graph with the updates behind all gradients
   * @throws IllegalArgumentException if a gradient does not come from a loss of the graph, or is
   *     scaled already
   */
  public static Graph of(Graph graph) {
    Updates updates = Updates.of(graph);
    if (updates.all().isEmpty()) {
      return graph;
    }
    requireOwnLoss(graph, updates);
    LossScaleUpdate scale =
        LossScaleUpdate.of(updates.gradients()).withGiven(updates.factor(CHECK));
    return updates.withFactor(
        scale,
        scale.factor(),
        op ->
            op instanceof SoftmaxCrossEntropyBackward loss ? loss.withDiffLoss(scale.scale()) : op);
  }

  private static void requireOwnLoss(Graph graph, Updates updates) {
    Set<Value> dependent = new HashSet<>();
    for (Op op : graph.ops()) {
      if (op instanceof SoftmaxCrossEntropyBackward loss) {
        CHECK.that(loss.diffLoss() == null, "%s is multiplied already", loss.diffLogits());
        dependent.add(loss.diffLogits());
      } else if (op.inputs().stream().anyMatch(dependent::contains)) {
        dependent.addAll(op.outputs());
        dependent.addAll(op.updates());
      }
    }
    for (ParameterUpdate update : updates.all()) {
      CHECK.that(
          dependent.contains(update.gradient()),
          "%s does not come from a loss of the graph",
          update.gradient());
      Value factor = update.factor();
      CHECK.that(
          factor == null || factor.role() == Role.INPUT,
          "%s is multiplied already",
          update.gradient());
    }
  }
}
