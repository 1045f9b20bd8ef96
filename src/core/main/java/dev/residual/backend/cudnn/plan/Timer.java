package dev.residual.backend.cudnn.plan;

/** Measures plans on the device. */
@FunctionalInterface
public interface Timer {

  /**
   * How long a plan takes, in nanoseconds.
   *
   * <p>It is called by one thread at a time.
   */
  long time(Plan plan);
}
