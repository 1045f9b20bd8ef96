package dev.residual.engine;

/**
 * A way to compute convolutions and their gradients. Results differ in their last bits; each is
 * passed over where it cannot be used, or is not there.
 */
public enum ConvolutionAlgorithm {
  /** Whatever the library that a backend is built on computes them with. */
  LIBRARY,
  /** Residual's own kernel, directly. */
  DIRECT,
  /** Residual's own kernel, by Winograd's minimal filtering; 3x3 with stride 1 alone. */
  WINOGRAD,
  /** The same with factors in bf16, which rounds more; images in bf16 alone. */
  WINOGRAD_BF16
}
