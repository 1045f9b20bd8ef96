package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.OperationGraph;
import java.util.Collection;
import java.util.Optional;

/**
 * Finds the plans of operation graphs, and owns them: closing the planner destroys them.
 *
 * <p>Answers are remembered: graphs of one {@link OperationGraph#signature signature} get the same
 * plan. Several threads may ask.
 */
public interface Planner extends AutoCloseable {

  /**
   * The best plan of a graph; empty if no engine takes it.
   *
   * @throws IllegalStateException if this planner is closed
   */
  Optional<Plan> plan(OperationGraph graph);

  /** Why a graph has no plan, in the library's words; empty if it has one. */
  String refusal(OperationGraph graph);

  /** Finds the plans of many graphs at once, which several processors do sooner than one. */
  default void prepare(Collection<OperationGraph> graphs) {
    graphs.forEach(this::plan);
  }

  /** Destroys all plans. Closing again does nothing. */
  @Override
  void close();
}
