/**
 * Computations as immutable data: values, operations and graphs.
 *
 * <p>Nothing here computes or allocates tensors. A {@link dev.residual.graph.GraphBuilder} makes a
 * graph, the passes of {@link dev.residual.graph.passes} rewrite it, and a backend compiles it.
 */
package dev.residual.graph;
