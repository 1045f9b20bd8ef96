/**
 * The passes over graphs: each takes a finished graph and gives another.
 *
 * <p>{@link dev.residual.graph.passes.Gradients} adds the backward pass, {@link
 * dev.residual.graph.passes.GradientAccumulation} keeps the mean gradient of several runs, {@link
 * dev.residual.graph.passes.LossScaling} scales the loss, {@link
 * dev.residual.graph.passes.GradientClipping} bounds the norm of gradients, {@link
 * dev.residual.graph.passes.MixedPrecision} narrows the element type, {@link
 * dev.residual.graph.passes.Quantization} rewrites a network for 8-bit integers, and {@link
 * dev.residual.graph.passes.Fusion} joins operations that a backend runs as one.
 */
package dev.residual.graph.passes;
