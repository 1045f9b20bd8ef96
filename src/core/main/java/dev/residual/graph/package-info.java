/**
 * Computations as immutable data: values, operations, graphs, and the passes over them.
 *
 * <p>Nothing here computes or allocates tensors. A {@link dev.residual.graph.GraphBuilder} makes a
 * graph, {@link dev.residual.graph.Gradients} extends it by its backward pass, and a backend
 * compiles it.
 */
package dev.residual.graph;
