package dev.residual.engine;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;

/**
 * A place where graphs run: says what it supports, and compiles graphs into sessions.
 *
 * <p>A backend owns no native handle and may be shared between threads.
 */
public interface Backend {

  /** The name, as {@code cpu}. */
  String name();

  /** Whether this backend can run this operation, with its types, shapes and fused parts. */
  boolean supports(Op op);

  /**
   * Compiles a graph, with all the memory that it needs.
   *
   * @throws UnsupportedOpException if the graph holds an operation that is not supported
   * @throws dev.residual.bindings.NativeException if the memory is not there; the message says how
   *     much is needed
   */
  Session compile(Graph graph, CompileOptions options);

  /** Compiles a graph with the default options. */
  default Session compile(Graph graph) {
    return compile(graph, CompileOptions.DEFAULT);
  }
}
