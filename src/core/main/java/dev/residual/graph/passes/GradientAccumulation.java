package dev.residual.graph.passes;

import static java.util.Objects.requireNonNull;

import dev.residual.graph.Graph;
import dev.residual.graph.Lerp;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The pass by which one update follows the mean gradient of several runs, as if their batches were
 * one.
 *
 * <p>A {@link Lerp} behind each gradient keeps the mean of the runs so far, in the state {@code
 * accumulated.} with the parameter's name behind. Whoever runs the graph gives two scalars: the
 * share is 1, 1/2, 1/3 and so on in the runs of one mean, and the factor is 1 in the last of them
 * and 0 in the others, which lets the {@link ParameterUpdate}s skip their step. A share of 1
 * forgets what was before. Running statistics of batch normalisation follow each run, as in
 * PyTorch.
 *
 * <p>To be done first. {@link LossScaling} then looks at the mean: a run that overflows makes it
 * infinite or NaN, so that the update is skipped, and the scale stays the same between updates.
 * {@link GradientClipping} takes the norm of the mean.
 */
public final class GradientAccumulation {
  private static final PassCheck CHECK = new PassCheck("GradientAccumulation");

  private static final String PREFIX = "accumulated.";

  private GradientAccumulation() {}

  /** Whether a state of this name is a mean gradient. */
  public static boolean isMean(String state) {
    return state.startsWith(PREFIX);
  }

  /**
   * The graph with updates by mean gradients; a graph without updates as it is.
   *
   * @param graph with the updates behind all gradients
   * @param share of a run in the mean so far, an input, a scalar
   * @param factor of the updates, an input, a scalar
   * @throws IllegalArgumentException if gradients are multiplied already
   */
  public static Graph of(Graph graph, Value share, Value factor) {
    Map<Value, Lerp> means = new LinkedHashMap<>();
    for (ParameterUpdate update : Updates.of(graph).all()) {
      CHECK.that(update.factor() == null, "%s is multiplied already", update.gradient());
      means.computeIfAbsent(update.gradient(), gradient -> mean(update, share));
    }
    Map<Value, Lerp> left = new HashMap<>(means);
    List<Op> ops = new ArrayList<>();
    for (Op op : graph.ops()) {
      if (op instanceof ParameterUpdate update) {
        // A gradient that no operation computes.
        Lerp mean = left.remove(update.gradient());
        if (mean != null) {
          ops.add(mean);
        }
        Value target = requireNonNull(means.get(update.gradient())).target();
        ops.add(update.withGradient(target).withFactor(factor));
      } else {
        ops.add(op);
        op.outputs().stream().map(left::remove).filter(Lerp.class::isInstance).forEach(ops::add);
      }
    }
    return new Graph(ops, graph.outputs());
  }

  private static Lerp mean(ParameterUpdate update, Value share) {
    Value gradient = update.gradient();
    Value mean =
        Value.state(PREFIX + update.parameter().name(), gradient.shape(), gradient.dtype());
    return new Lerp(mean, gradient, share);
  }
}
