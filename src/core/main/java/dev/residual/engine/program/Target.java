package dev.residual.engine.program;

import dev.residual.engine.Communicator;
import dev.residual.graph.Graph;

/**
 * What programs are compiled for, with all settings of the compilation; immutable.
 *
 * @param <M> the memory that steps work in
 */
public interface Target<M extends Memory> {

  /** New memory that holds nothing yet; the caller closes it. */
  M memory();

  /**
   * The translation of a graph, for one compilation.
   *
   * @param memory what the session owns; what is made for it is freed when that is closed
   */
  Lowering lowering(Graph graph, M memory);

  /**
   * The processes that run the same graph, which exchange what lies in the memory.
   *
   * @param memory what the session owns
   */
  default Communicator communicator(M memory) {
    return Communicator.ALONE;
  }

  /** Prepares this thread to lower or to run steps. */
  default void enter() {}
}
