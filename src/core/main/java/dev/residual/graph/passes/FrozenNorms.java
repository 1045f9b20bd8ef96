package dev.residual.graph.passes;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The pass that lets batch normalisations keep their running statistics rather than take those of
 * each batch. To be done before gradients are added.
 */
public final class FrozenNorms {
  private FrozenNorms() {}

  /** The graph in which the normalisations chosen are {@link BatchNormInference}. */
  public static Graph of(Graph graph, Predicate<BatchNorm> chosen) {
    List<Op> ops = new ArrayList<>();
    for (Op op : graph.ops()) {
      ops.add(op instanceof BatchNorm norm && chosen.test(norm) ? frozen(norm) : op);
    }
    return new Graph(ops, graph.outputs());
  }

  private static Op frozen(BatchNorm norm) {
    return new BatchNormInference(
        norm.src(),
        norm.scale(),
        norm.shift(),
        norm.runningMean(),
        norm.runningVariance(),
        norm.add(),
        norm.dst(),
        norm.epsilon(),
        norm.relu());
  }
}
