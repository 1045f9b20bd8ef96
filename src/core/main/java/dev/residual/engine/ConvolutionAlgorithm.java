package dev.residual.engine;

/**
 * A way to compute convolutions and their gradients. Results of different ways differ in their last
 * bits. A way is passed over where it cannot be used or is missing.
 */
public enum ConvolutionAlgorithm {
  /** The library that a backend is built on, as oneDNN. */
  LIBRARY,
  /** Residual's own kernel, directly. */
  DIRECT,
  /** Residual's own kernel, by Winograd's minimal filtering; 3x3 with stride 1 alone. */
  WINOGRAD,
  /** The same with factors in bf16, which rounds more; images in bf16 alone. */
  WINOGRAD_BF16
}
