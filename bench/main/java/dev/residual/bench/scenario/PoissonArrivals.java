package dev.residual.bench.scenario;

import java.util.SplittableRandom;

/** The times at which queries come that do not know of each other: a Poisson process. */
final class PoissonArrivals {
  private final SplittableRandom random;
  private final double rate;
  private double seconds;

  /**
   * The arrivals of a seed.
   *
   * @param rate the mean number a second
   */
  PoissonArrivals(long seed, double rate) {
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException("rate is " + rate + ", expected a number above 0");
    }
    random = new SplittableRandom(seed);
    this.rate = rate;
  }

  /** The next one, in nanoseconds after the beginning. */
  long next() {
    // Times between arrivals are exponentially distributed.
    seconds += random.nextExponential() / rate;
    return (long) (seconds * 1e9);
  }
}
