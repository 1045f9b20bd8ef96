package dev.residual.bench.report;

import dev.residual.bench.Frameworks;
import dev.residual.bench.Notes;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What came of one benchmark with one set of parameters.
 *
 * @param benchmark class and method, as {@code TrainingStepBenchmark.step}
 * @param params by name
 * @param unit of the samples, as {@code ms/op}
 * @param samples the mean time of a run in each iteration; empty if it could not run
 * @param notes further findings by the names in {@link Notes}; {@link Notes#ABSENT} is why there
 *     are no samples
 */
public record Outcome(
    String benchmark,
    Map<String, String> params,
    String unit,
    List<Double> samples,
    Map<String, Object> notes) {
  /** The parameter for what computes; absent if it is the processor. */
  static final String DEVICE = "device";

  /** Copies everything. */
  public Outcome {
    params = new TreeMap<>(params);
    // Goes without saying: most benchmarks know no other, and neither do older files.
    params.remove(DEVICE, Frameworks.CPU);
    samples = List.copyOf(samples);
    notes = new TreeMap<>(notes);
  }

  /** What tells outcomes of one file apart. */
  String key() {
    return benchmark + " " + params;
  }

  /** The parameters without the framework. */
  Map<String, String> setting() {
    Map<String, String> rest = new TreeMap<>(params);
    rest.remove("framework");
    return rest;
  }

  String param(String name) {
    return params.getOrDefault(name, "");
  }

  /** The name of the GPU, or empty. */
  String device() {
    return param(DEVICE);
  }

  /** The peak of memory in mebibytes: of the GPU, or of the process. */
  @Nullable Double memory() {
    return device().isEmpty() ? number(Notes.PEAK_MEMORY) : number(Notes.DEVICE_MEMORY);
  }

  /** The middle of the samples, or NaN. */
  double median() {
    double[] sorted = samples.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int n = sorted.length;
    return n == 0 ? Double.NaN : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }

  double[] array() {
    return samples.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Images a second for a time in milliseconds, by the batch that the workload names. */
  double speed(double milliseconds) {
    String[] parts = param("workload").split(" *x *(?=\\d+$)");
    return Integer.parseInt(parts[1]) / milliseconds * 1e3;
  }

  /** A speed with four digits at least, and without an exponent. */
  static String text(double speed) {
    return String.format(Locale.ROOT, speed < 1e4 ? "%.4g" : "%.0f", speed);
  }

  @Nullable Double number(String note) {
    return notes.get(note) instanceof Number number ? number.doubleValue() : null;
  }

  @Nullable String absent() {
    return notes.get(Notes.ABSENT) instanceof String reason ? reason : null;
  }

  @Override
  public String toString() {
    return key() + " " + Arrays.toString(array()) + " " + unit + " " + notes;
  }
}
