package dev.residual.graph.passes;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * The pass by which the batch normalisations of several processes take the statistics of all their
 * batches, as those of one process with the whole batch would.
 *
 * <p>To be done before {@link GradientSums}.
 */
public final class SharedNorms {
  private SharedNorms() {}

  /**
   * The graph with shared statistics; the graph itself for one process.
   *
   * @param graph with gradients, where these are taken
   * @param processes how many run it
   */
  public static Graph of(Graph graph, int processes) {
    if (processes == 1) {
      return graph;
    }
    List<Op> ops = new ArrayList<>();
    for (Op op : graph.ops()) {
      ops.add(
          switch (op) {
            case BatchNorm norm -> norm.withProcesses(processes);
            case BatchNormBackward norm when !norm.frozen() -> norm.withProcesses(processes);
            default -> op;
          });
    }
    return new Graph(ops, graph.outputs());
  }
}
