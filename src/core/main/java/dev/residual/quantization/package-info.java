/**
 * What inference in 8-bit integers needs: scales of activations and weights.
 *
 * <p>{@link dev.residual.quantization.QuantizedWeights} rounds the weights of a network, with the
 * {@link dev.residual.quantization.ActivationStatistics} that {@code dev.residual.calibration}
 * measures. The graph is rewritten by {@link dev.residual.graph.passes.Quantization}.
 */
package dev.residual.quantization;
