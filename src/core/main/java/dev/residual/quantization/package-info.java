/**
 * What inference in 8-bit integers needs: scales of activations and weights.
 *
 * <p>{@link dev.residual.quantization.Calibration} runs a network on some images and measures its
 * activations, and {@link dev.residual.quantization.QuantizedWeights} rounds its weights. The graph
 * is rewritten by {@link dev.residual.graph.passes.Quantization}.
 */
package dev.residual.quantization;
