package dev.residual.bench.scenario;

import java.util.Arrays;

/** The latencies of queries in nanoseconds, of which one that was not answered has infinity. */
final class Latencies {
  private final double[] rising;

  /** Latencies in any order, at least one. */
  Latencies(double... nanoseconds) {
    if (nanoseconds.length == 0) {
      throw new IllegalArgumentException("there are no latencies, expected at least one");
    }
    rising = nanoseconds.clone();
    Arrays.sort(rising);
  }

  /** How many there are. */
  int count() {
    return rising.length;
  }

  /** The smallest latency that so many of a hundred queries did not exceed: the nearest rank. */
  double percentile(int percent) {
    if (percent < 1 || percent > 100) {
      throw new IllegalArgumentException("percent is " + percent + ", expected 1 to 100");
    }
    long rank = Math.ceilDiv((long) percent * rising.length, 100);
    return rising[(int) rank - 1];
  }
}
