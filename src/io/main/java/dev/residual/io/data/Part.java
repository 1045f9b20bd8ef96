package dev.residual.io.data;

/** The purpose of images of a data set. */
public enum Part {
  /** Training. */
  TRAIN,
  /** Measuring during a training; never images of {@link #TRAIN}. */
  VALIDATION,
  /** Measuring a finished model. */
  TEST
}
