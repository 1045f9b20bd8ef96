package dev.residual.bench.report;

import dev.residual.bench.Frameworks;
import dev.residual.bench.Notes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Results in Markdown: a table a benchmark, a row a setting, a column a framework. */
final class Table {
  private static final String LIMIT = "ConvolutionLimitBenchmark.convolutions";

  private final Results results;
  private final ThreadGains gains;
  private final StringBuilder text = new StringBuilder();

  private Table(Results results) {
    this.results = results;
    gains = new ThreadGains(results);
  }

  static String of(Results results) {
    return new Table(results).build();
  }

  private String build() {
    Machine machine = results.machine();
    text.append("# Measurements\n\n")
        .append(
            "%s, %d cores, %s memory; %s; %s; %s; %s.%n"
                .formatted(
                    machine.processor(),
                    machine.cores(),
                    machine.memory() + (machine.gpus() == null ? "" : "; " + machine.gpus()),
                    machine.system(),
                    machine.jdk(),
                    machine.library(),
                    machine.date()));
    text.append("Medians; images/s where there are images, else the time of a run.\n");
    results.outcomes().stream()
        .map(Outcome::benchmark)
        .distinct()
        .filter(benchmark -> !benchmark.equals(LIMIT))
        .forEach(this::benchmark);
    gains();
    frameworks();
    absences();
    return text.toString();
  }

  private void benchmark(String benchmark) {
    Map<Map<String, String>, Map<String, Outcome>> rows = new LinkedHashMap<>();
    Set<String> frameworks = new LinkedHashSet<>();
    Set<String> names = new LinkedHashSet<>();
    for (Outcome outcome : results.outcomes()) {
      if (outcome.benchmark().equals(benchmark)) {
        rows.computeIfAbsent(outcome.setting(), s -> new LinkedHashMap<>())
            .put(outcome.param("framework"), outcome);
        names.addAll(outcome.setting().keySet());
        if (!outcome.samples().isEmpty()) {
          frameworks.add(outcome.param("framework"));
        }
      }
    }
    if (frameworks.isEmpty()) {
      return;
    }
    boolean network = names.contains("workload");
    boolean gaining =
        rows.values().stream()
            .flatMap(byFramework -> byFramework.values().stream())
            .anyMatch(outcome -> Double.isFinite(gain(outcome)));
    List<String> header = new ArrayList<>(names);
    frameworks.forEach(framework -> header.add(framework.isEmpty() ? "time" : framework));
    if (gaining) {
      header.add("over 1 thread");
    }
    if (network) {
      header.addAll(
          List.of(
              "oneDNN's limit", "of it", "own limit", "of it", "against best peer", "peak MiB"));
    }
    text.append("\n## ").append(benchmark).append("\n\n");
    row(header);
    row(header.stream().map(column -> "---").toList());
    rows.forEach(
        (setting, byFramework) -> {
          List<String> cells = new ArrayList<>();
          names.forEach(
              name ->
                  cells.add(
                      setting.getOrDefault(
                          name, name.equals(Outcome.DEVICE) ? Frameworks.CPU : "")));
          frameworks.forEach(framework -> cells.add(cell(byFramework.get(framework), network)));
          if (gaining) {
            cells.add(
                number(
                    "%.2f",
                    byFramework.values().stream()
                        .mapToDouble(this::gain)
                        .filter(Double::isFinite)
                        .findFirst()
                        .orElse(Double.NaN)));
          }
          if (network) {
            cells.addAll(ratios(benchmark, setting, byFramework));
          }
          row(cells);
        });
  }

  /** That of ours: peers have theirs in the summary. */
  private double gain(Outcome outcome) {
    return outcome.param("framework").matches("residual|") ? gains.of(outcome) : Double.NaN;
  }

  private static String cell(@Nullable Outcome outcome, boolean network) {
    if (outcome == null || outcome.samples().isEmpty()) {
      return "-";
    }
    return network
        ? Outcome.text(outcome.speed(outcome.median()))
        : format("%.4g %s", outcome.median(), outcome.unit().replace("/op", ""));
  }

  private List<String> ratios(
      String benchmark, Map<String, String> setting, Map<String, Outcome> byFramework) {
    Outcome ours = byFramework.get("residual");
    double onednn = limit(benchmark, setting, "onednn");
    double fastest = limit(benchmark, setting, "fastest");
    double peer =
        byFramework.values().stream()
            .filter(outcome -> !outcome.param("framework").equals("residual"))
            .filter(outcome -> !outcome.samples().isEmpty())
            .mapToDouble(Outcome::median)
            .min()
            .orElse(Double.NaN);
    if (ours == null || ours.samples().isEmpty()) {
      return List.of("-", "-", "-", "-", "-", "-");
    }
    String memory =
        byFramework.values().stream()
            .filter(outcome -> outcome.memory() != null)
            .map(o -> format("%s %.0f", o.param("framework"), o.memory()))
            .collect(Collectors.joining(", "));
    return List.of(
        number("%.4g", ours.speed(onednn)),
        number("%.0f %%", onednn / ours.median() * 100),
        number("%.4g", ours.speed(fastest)),
        number("%.0f %%", fastest / ours.median() * 100),
        number("%.2f", peer / ours.median()),
        memory);
  }

  private double limit(String benchmark, Map<String, String> setting, String convolutions) {
    Map<String, String> wanted = new TreeMap<>(setting);
    wanted.put("convolutions", convolutions);
    wanted.put("mode", benchmark.startsWith("Inference") ? "inference" : "training");
    return results.outcomes().stream()
        .filter(outcome -> outcome.benchmark().equals(LIMIT))
        .filter(outcome -> outcome.setting().equals(wanted))
        .map(outcome -> outcome.number(Notes.LIMIT))
        .filter(limit -> limit != null)
        .findFirst()
        .orElse(Double.NaN);
  }

  private void gains() {
    List<List<String>> rows = gains.rows();
    if (!rows.isEmpty()) {
      text.append("\n## Speed on several threads over that on one\n\n");
      row(ThreadGains.header());
      row(ThreadGains.header().stream().map(column -> "---").toList());
      rows.forEach(this::row);
    }
  }

  private void frameworks() {
    Map<String, String> frameworks = new TreeMap<>();
    for (Outcome outcome : results.outcomes()) {
      if (outcome.notes().get(Notes.FRAMEWORK) instanceof String description) {
        frameworks.put(name(outcome), description);
      }
    }
    if (!frameworks.isEmpty()) {
      text.append("\n## Frameworks\n\n");
      frameworks.forEach((name, words) -> text.append("- %s: %s%n".formatted(name, words)));
    }
  }

  /** The framework, and the device if that is a GPU. */
  private static String name(Outcome outcome) {
    String framework = outcome.param("framework");
    return outcome.device().isEmpty() ? framework : framework + " on " + outcome.device();
  }

  private void absences() {
    Map<String, Integer> reasons = new TreeMap<>();
    for (Outcome outcome : results.outcomes()) {
      String reason = outcome.absent();
      if (reason != null) {
        String line = "%s, %s: %s".formatted(outcome.benchmark(), name(outcome), reason);
        reasons.merge(line, 1, Integer::sum);
      }
    }
    if (!reasons.isEmpty()) {
      text.append("\n## Not measured\n\n");
      reasons.forEach((line, n) -> text.append("- %s (settings: %d)%n".formatted(line, n)));
    }
  }

  private void row(List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private static String number(String format, double value) {
    return Double.isFinite(value) ? format(format, value) : "-";
  }

  private static String format(String format, @Nullable Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
