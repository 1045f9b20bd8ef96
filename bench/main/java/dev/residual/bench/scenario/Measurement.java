package dev.residual.bench.scenario;

import org.jspecify.annotations.Nullable;

/**
 * What was measured of a scenario.
 *
 * @param images that were answered
 * @param nanoseconds from the first query to the last answer
 * @param latencies of queries, from the time they were due; null where they do not count
 */
record Measurement(
    Scenario scenario, long images, long nanoseconds, @Nullable Latencies latencies) {

  /** Images a second. */
  double rate() {
    return images * 1e9 / nanoseconds;
  }

  /** Whether 99 of 100 queries were answered in so many milliseconds. */
  boolean holds(double milliseconds) {
    return latencies != null && latencies.percentile(99) <= milliseconds * 1e6;
  }
}
