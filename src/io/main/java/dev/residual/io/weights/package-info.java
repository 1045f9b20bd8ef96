/** Weights in files: safetensors and PyTorch checkpoints. */
package dev.residual.io.weights;
