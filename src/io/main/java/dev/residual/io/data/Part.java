package dev.residual.io.data;

/** What the images of a data set are wanted for. */
public enum Part {
  /** Training. */
  TRAIN,
  /** Measuring during a training; never images of {@link #TRAIN}. */
  VALIDATION,
  /** Measuring a finished model. */
  TEST
}
