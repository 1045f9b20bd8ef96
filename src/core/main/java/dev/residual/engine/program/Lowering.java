package dev.residual.engine.program;

import dev.residual.engine.MemoryPlan;
import dev.residual.engine.MemoryPlan.InPlace;
import dev.residual.engine.MemoryPlan.Use;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.util.List;

/**
 * The translation of a graph into steps. {@link #bytes} is called before, {@link #layout}, {@link
 * #inPlace} and {@link #uses} after {@link #lower(Graph, Program) lower}. It is closed when the
 * session is ready.
 */
public interface Lowering extends AutoCloseable {

  /**
   * Adds the steps of an operation.
   *
   * @throws UnsupportedOpException if the backend cannot run it
   */
  void lower(Op op, Program program);

  /** Adds the steps of all operations, in an order that computes the same. */
  default void lower(Graph graph, Program program) {
    graph.ops().forEach(program::lower);
  }

  /** The bytes that a value needs; 0 for one that is never stored. */
  default long bytes(Value value) {
    return value.bytes();
  }

  /** The layout in which a value lies. */
  default Layout layout(Value value) {
    return Layout.ROW_MAJOR;
  }

  /** Which results of an operation its steps can write over which inputs. */
  default List<InPlace> inPlace(Op op) {
    return List.of();
  }

  /** What the steps read and write, in order: of each operation its inputs and outputs. */
  default List<Use> uses(Graph graph) {
    return graph.ops().stream().map(op -> Use.of(op, inPlace(op))).toList();
  }

  /**
   * Checks that the plan placed results where the steps assume them.
   *
   * @throws IllegalStateException if it did not
   */
  default void check(MemoryPlan plan) {}

  /** Frees what the compilation alone needed. */
  @Override
  default void close() {}
}
