package dev.residual.bench.scenario;

import java.util.Locale;
import java.util.Optional;

/** Measurements of scenarios as a table in Markdown, a line each. */
final class ScenarioTable {
  private ScenarioTable() {}

  /** The first two lines. */
  static String header() {
    return """
    | scenario | system | precision | decoding | images/s | p50 ms | p90 ms | p99 ms |
    |---|---|---|---|---|---|---|---|\
    """;
  }

  /**
   * The line of a measurement.
   *
   * @param measured empty where no rate held the bound
   * @param precision of activations
   */
  static String line(
      Scenario scenario,
      Optional<Measurement> measured,
      String system,
      String precision,
      boolean decoding) {
    String rate = measured.map(found -> format("%.1f", found.rate())).orElse("none");
    return "| %s | %s | %s | %s | %s | %s | %s | %s |"
        .formatted(
            scenario.title(),
            system,
            precision,
            decoding ? "yes" : "no",
            rate,
            percentile(measured, 50),
            percentile(measured, 90),
            percentile(measured, 99));
  }

  private static String percentile(Optional<Measurement> measured, int percent) {
    return measured
        .map(Measurement::latencies)
        .map(latencies -> format("%.2f", latencies.percentile(percent) / 1e6))
        .orElse("-");
  }

  private static String format(String format, double number) {
    return String.format(Locale.ROOT, format, number);
  }
}
