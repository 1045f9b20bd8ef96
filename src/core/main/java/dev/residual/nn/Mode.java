package dev.residual.nn;

/** What a network is built for. */
public enum Mode {
  /** Batch normalisation takes its statistics from the batch, and dropout drops. */
  TRAINING,
  /** Batch normalisation takes the running statistics, and dropout is absent. */
  INFERENCE
}
