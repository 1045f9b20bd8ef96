package dev.residual.cli;

import java.util.function.LongSupplier;

/** The time that the rest of a training will take: steps and evaluations of all epochs. */
final class EpochTimes {
  /** Of an image that is evaluated in that of one trained on, until it is measured. */
  private static final double FORWARD = 1 / 3.0;

  private final int epochs;
  private final int tested;
  private final LongSupplier nanos;
  private int later;
  private double stepSeconds;
  private double evaluationSeconds = Double.NaN;
  private long begin;

  /**
   * Times of a training of which nothing is known.
   *
   * @param tested the number of images of an evaluation
   * @param nanos a clock
   */
  EpochTimes(int epochs, int tested, LongSupplier nanos) {
    this.epochs = epochs;
    this.tested = tested;
    this.nanos = nanos;
  }

  /**
   * The seconds left after a step.
   *
   * @param epoch the number of epochs done
   * @param images those of this epoch done
   * @param all the images of an epoch
   * @param speed images in a second
   */
  double afterStep(int epoch, long images, long all, double speed) {
    later = epochs - epoch - 1;
    stepSeconds = all / speed;
    double evaluation =
        Double.isNaN(evaluationSeconds) ? tested * FORWARD / speed : evaluationSeconds;
    return (all - images) / speed + evaluation + later * (stepSeconds + evaluation);
  }

  /** The seconds left after a batch of an evaluation; NaN after the first, which is not timed. */
  double afterBatch(int done, int batches) {
    if (done == 1) {
      begin = nanos.getAsLong();
      return Double.NaN;
    }
    double seconds = (nanos.getAsLong() - begin) / 1e9;
    evaluationSeconds = seconds * batches / (done - 1);
    return seconds * (batches - done) / (done - 1) + later * (stepSeconds + evaluationSeconds);
  }
}
