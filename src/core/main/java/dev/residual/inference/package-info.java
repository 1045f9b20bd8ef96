/**
 * Networks ready to infer: a {@link dev.residual.inference.Network} takes a model and its weights
 * through all that makes inference fast, and gives logits for images.
 */
package dev.residual.inference;
