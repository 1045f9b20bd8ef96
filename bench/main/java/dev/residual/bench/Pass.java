package dev.residual.bench;

/** What is computed of a convolution. */
public enum Pass {
  /** The result. */
  FORWARD,
  /** The gradient of the images. */
  BACKWARD_DATA,
  /** The gradient of the weights. */
  BACKWARD_WEIGHTS
}
