package dev.residual.bench.scenario;

/** How images are sent, after MLPerf's inference benchmark. */
enum Scenario {
  /** One image, and the next when it is answered: the 90th percentile of latencies counts. */
  SINGLE_STREAM("single stream"),
  /** Several at a time, and the next when all are answered: the 99th percentile counts. */
  MULTI_STREAM("multi-stream"),
  /** One at a time as a Poisson process sends them: the rate counts that holds a bound. */
  SERVER("server"),
  /** All at once: images a second count. */
  OFFLINE("offline");

  private final String title;

  Scenario(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
