package dev.residual.backend.onednn;

import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;

/**
 * The number of threads that a graph is worth.
 *
 * <p>A team begins and ends every operation together, and reads what other threads have written. On
 * cores that share a cache this takes about a microsecond, on others ten, so that a training step
 * of few small images would take twice as long on two threads.
 *
 * <p>The mean operation decides. One thread count per graph, since changing it moves data between
 * caches. It depends on operation counts only, so results repeat.
 */
final class TeamSize {
  /** The least work of a thread in the mean operation: around eight microseconds. */
  private static final long GRAIN = 2_500_000;

  /** The floating-point operations that a core does while it moves a byte between caches. */
  private static final long FLOPS_PER_BYTE = 4;

  private TeamSize() {}

  /**
   * The number of threads.
   *
   * @param limit the most, at least 1
   */
  static int of(Graph graph, int limit) {
    double work = 0;
    for (Op op : graph.ops()) {
      Cost cost = Cost.of(op);
      work += cost.flops() + (double) FLOPS_PER_BYTE * cost.bytes();
    }
    double mean = work / Math.max(1, graph.ops().size());
    return (int) Math.max(1, Math.min(limit, mean / GRAIN));
  }
}
