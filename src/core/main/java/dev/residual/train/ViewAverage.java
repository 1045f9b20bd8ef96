package dev.residual.train;

/** What is averaged over the views of an image. */
public enum ViewAverage {
  /** The probabilities of the classes, as Krizhevsky et al. (2012) do. */
  PROBABILITIES,
  /** The logits, as Jordan (2024) does: one view that is sure counts more. */
  LOGITS
}
