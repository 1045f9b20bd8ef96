package dev.residual.bench.gpu;

import dev.residual.bench.gpu.Programs.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/**
 * The speed of a network beside PyTorch's, by the benchmarks of {@code bench}. What matters most
 * comes first, for time may end.
 */
record ThroughputPart(String device, String python, String network, int batch) implements Part {
  private static final String NAME = "gpu-test";
  private static final String JSON = ".json";
  private static final String OURS = "residual";
  private static final String EAGER = "pytorch-python-eager";
  private static final String COMPILED = "pytorch-python-compile";

  /** PyTorch's compilation comes last, for it takes longest. */
  private static final List<List<String>> ROUNDS = List.of(List.of(OURS, EAGER), List.of(COMPILED));

  /** What a round of a setting needs at least. */
  private static final Duration LEAST = Duration.ofSeconds(15);

  private record Setting(String benchmark, String workload, String precision) {
    @Override
    public String toString() {
      return "%s, %s, %s".formatted(benchmark, workload, precision);
    }
  }

  @Override
  public String name() {
    return "throughput";
  }

  @Override
  public Duration limit() {
    return Duration.ofMinutes(5);
  }

  @Override
  public Finding run(Programs programs) throws IOException {
    Map<Setting, BenchmarkResults> found = new LinkedHashMap<>();
    int number = 0;
    for (List<String> frameworks : ROUNDS) {
      for (Setting setting : settings()) {
        BenchmarkResults results = measure(programs, ++number, setting, frameworks);
        found.merge(setting, results, BenchmarkResults::with);
      }
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    Set<String> problems = new LinkedHashSet<>();
    Set<String> absences = new LinkedHashSet<>();
    found.forEach(
        (setting, results) -> {
          rows.add(row(setting, results));
          results.absence(OURS).ifPresent(reason -> problems.add(setting + ": " + reason));
          results.absence(EAGER).ifPresent(reason -> absences.add("eager: " + reason));
          results.absence(COMPILED).ifPresent(reason -> absences.add("compiled: " + reason));
        });
    String summary = rows.size() + " settings";
    if (!problems.isEmpty()) {
      summary += "; failed: " + String.join("; ", problems);
    }
    if (!absences.isEmpty()) {
      summary += "; not all of PyTorch: " + String.join("; ", absences);
    }
    return Finding.of(problems.isEmpty(), summary).withRows(rows);
  }

  private List<Setting> settings() {
    String many = "%s x %d".formatted(network, batch);
    return List.of(
        new Setting("TrainingStep", many, "f16"),
        new Setting("Inference", many, "f16"),
        new Setting("Inference", network + " x 1", "f16"),
        new Setting("TrainingStep", many, "bf16"));
  }

  private BenchmarkResults measure(
      Programs programs, int number, Setting setting, List<String> frameworks) throws IOException {
    if (programs.left().compareTo(LEAST) < 0) {
      return BenchmarkResults.absent(frameworks, "no time was left");
    }
    // Named and placed by the benchmarks.
    Path stem = programs.root().resolve("bench/results/" + NAME);
    delete(stem);
    String name = "throughput-" + number;
    Ended ended = programs.run(name, command(setting, frameworks));
    Path file = stem.resolveSibling(NAME + JSON);
    if (!Files.exists(file)) {
      return BenchmarkResults.absent(frameworks, ended.problem());
    }
    String json = Files.readString(file);
    Files.writeString(ended.log().resolveSibling(name + JSON), json);
    delete(stem);
    return BenchmarkResults.of(JsonMapper.shared().readTree(json), device);
  }

  private static void delete(Path stem) throws IOException {
    for (String suffix : List.of(JSON, ".md", ".svg", "-scaling.svg")) {
      Files.deleteIfExists(stem.resolveSibling(NAME + suffix));
    }
  }

  private List<String> command(Setting setting, List<String> frameworks) {
    List<String> command = Programs.java("dev.residual.bench.report.BenchmarkRun");
    command.addAll(List.of(setting.benchmark + "Benchmark", "--name", NAME));
    command.addAll(List.of("--peers", "--python", python));
    command.addAll(List.of("-p", "framework=" + String.join(",", frameworks)));
    command.addAll(List.of("-p", "device=" + device));
    command.addAll(List.of("-p", "workload=" + setting.workload));
    command.addAll(List.of("-p", "precision=" + setting.precision));
    command.addAll(List.of("-wi", "2", "-w", "1s", "-i", "5", "-r", "1s"));
    return command;
  }

  private static Map<String, Object> row(Setting setting, BenchmarkResults found) {
    double ours = found.speed(OURS);
    double eager = found.speed(EAGER);
    double compiled = found.speed(COMPILED);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("benchmark", setting.benchmark);
    row.put("workload", setting.workload);
    row.put("precision", setting.precision);
    row.put("Residual, images/s", ours);
    row.put("PyTorch eager, images/s", eager);
    row.put("PyTorch compiled, images/s", compiled);
    row.put("ratio to PyTorch's best", ours / best(eager, compiled));
    return row;
  }

  /** The greater, or the one that there is. */
  private static double best(double a, double b) {
    return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b);
  }
}
