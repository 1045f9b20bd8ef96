package dev.residual.bench.gpu;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What the benchmarks wrote of one setting.
 *
 * @param speeds images a second, by framework
 * @param absences why a framework has none
 */
record BenchmarkResults(Map<String, Double> speeds, Map<String, String> absences) {
  /** Those on a device: a benchmark that knows of none has measured the processor. */
  static BenchmarkResults of(JsonNode file, String device) {
    Map<String, Double> speeds = new HashMap<>();
    Map<String, String> absences = new HashMap<>();
    for (JsonNode outcome : file.path("outcomes")) {
      JsonNode params = outcome.path("params");
      String framework = params.path("framework").asString("");
      double[] milliseconds =
          outcome.path("samples").valueStream().mapToDouble(JsonNode::asDouble).sorted().toArray();
      if (!params.path("device").asString("cpu").equals(device)) {
        absences.put(framework, "it was not measured on " + device);
      } else if (milliseconds.length == 0) {
        absences.put(framework, outcome.path("notes").path("absent").asString("no samples"));
      } else {
        String batch = params.path("workload").asString().replaceFirst("^.* *x *(?=\\d+$)", "");
        speeds.put(framework, Integer.parseInt(batch) / median(milliseconds) * 1e3);
      }
    }
    return new BenchmarkResults(speeds, absences);
  }

  /** None, for one reason. */
  static BenchmarkResults absent(List<String> frameworks, String reason) {
    Map<String, String> absences = new HashMap<>();
    frameworks.forEach(framework -> absences.put(framework, reason));
    return new BenchmarkResults(Map.of(), absences);
  }

  /** These and those of other frameworks. */
  BenchmarkResults with(BenchmarkResults others) {
    Map<String, Double> both = new HashMap<>(speeds);
    both.putAll(others.speeds);
    Map<String, String> absent = new HashMap<>(absences);
    absent.putAll(others.absences);
    return new BenchmarkResults(both, absent);
  }

  private static double median(double[] sorted) {
    int n = sorted.length;
    return Arrays.stream(sorted, (n - 1) / 2, n / 2 + 1).average().orElseThrow();
  }

  /** Images a second by the median of the samples, or NaN. */
  double speed(String framework) {
    return speeds.getOrDefault(framework, Double.NaN);
  }

  Optional<String> absence(String framework) {
    return Optional.ofNullable(absences.get(framework));
  }
}
