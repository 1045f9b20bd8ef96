/**
 * Networks ready to infer.
 *
 * <p>A {@link dev.residual.inference.Network} takes a model and its weights, folds batch norms,
 * fuses operations, compiles the graph, and computes logits from images.
 */
package dev.residual.inference;
