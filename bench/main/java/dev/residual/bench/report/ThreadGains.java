package dev.residual.bench.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How many times faster each benchmark is on more threads than on one, in the same results. */
final class ThreadGains {
  private static final String THREADS = "threads";

  /** The parameters over which gains are summed up. */
  private static final Set<String> SIZES = Set.of("workload", "shape", "batch");

  private final List<Outcome> outcomes;
  private final Map<String, Outcome> byKey;

  private record Gain(String setting, double value) {
    String text() {
      return String.format(Locale.ROOT, "%.2f (%s)", value, setting);
    }
  }

  ThreadGains(Results results) {
    outcomes = results.outcomes();
    byKey = outcomes.stream().collect(Collectors.toMap(Outcome::key, Function.identity()));
  }

  /** The median time on one thread over this one, or NaN if either is missing. */
  double of(Outcome outcome) {
    if (outcome.param(THREADS).isEmpty() || outcome.param(THREADS).equals("1")) {
      return Double.NaN;
    }
    Map<String, String> params = new TreeMap<>(outcome.params());
    params.put(THREADS, "1");
    Outcome single =
        byKey.get(
            new Outcome(outcome.benchmark(), params, outcome.unit(), List.of(), Map.of()).key());
    return single == null ? Double.NaN : single.median() / outcome.median();
  }

  /** A row a benchmark, a framework and whatever is not a size; empty if nothing has a gain. */
  List<List<String>> rows() {
    Map<List<String>, List<Gain>> groups = new LinkedHashMap<>();
    for (Outcome outcome : outcomes) {
      double gain = of(outcome);
      if (Double.isFinite(gain)) {
        groups.computeIfAbsent(group(outcome), g -> new ArrayList<>()).add(gain(outcome, gain));
      }
    }
    List<List<String>> rows = new ArrayList<>();
    groups.forEach(
        (group, gains) -> {
          gains.sort(Comparator.comparingDouble(Gain::value));
          List<String> row = new ArrayList<>(group);
          row.add("" + gains.size());
          row.add(gains.getFirst().text());
          row.add(String.format(Locale.ROOT, "%.2f", median(gains)));
          row.add(gains.getLast().text());
          rows.add(row);
        });
    return rows;
  }

  /** The names of the columns. */
  static List<String> header() {
    return List.of("benchmark", "framework", "of", THREADS, "settings", "least", "median", "most");
  }

  private static List<String> group(Outcome outcome) {
    Map<String, String> rest = outcome.setting();
    rest.keySet().removeAll(SIZES);
    rest.remove(THREADS);
    return List.of(
        outcome.benchmark().replaceFirst("Benchmark\\.\\w+$", ""),
        outcome.param("framework"),
        String.join(", ", rest.values()),
        outcome.param(THREADS));
  }

  private static Gain gain(Outcome outcome, double value) {
    Map<String, String> sizes = outcome.setting();
    sizes.keySet().retainAll(SIZES);
    return new Gain(String.join(" x ", sizes.values().stream().sorted().toList()), value);
  }

  private static double median(List<Gain> sorted) {
    int n = sorted.size();
    return (sorted.get((n - 1) / 2).value + sorted.get(n / 2).value) / 2;
  }
}
