package dev.residual.bench.report;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file of outcomes.
 *
 * @param machine what was measured on
 * @param outcomes in the order in which they were first measured
 */
public record Results(Machine machine, List<Outcome> outcomes) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** Copies the list. */
  public Results {
    outcomes = List.copyOf(outcomes);
  }

  static Results read(Path file) {
    if (!Files.exists(file)) {
      throw new IllegalArgumentException("there is no file " + file);
    }
    return JSON.readValue(file, Results.class);
  }

  void write(Path file) {
    JSON.writeValue(file, this);
  }

  /**
   * These results with others, which replace those of the same benchmark and parameters.
   *
   * @throws IllegalArgumentException if they are of another machine
   */
  Results with(Machine measuredOn, Collection<Outcome> others) {
    if (!outcomes.isEmpty() && !machine.isLike(measuredOn)) {
      throw new IllegalArgumentException(
          "these results are of %s, and this machine is %s: choose another NAME"
              .formatted(machine.hardware(), measuredOn.hardware()));
    }
    Map<String, Outcome> merged = new LinkedHashMap<>();
    outcomes.forEach(outcome -> merged.put(outcome.key(), outcome));
    others.forEach(outcome -> merged.put(outcome.key(), outcome));
    return new Results(measuredOn, List.copyOf(merged.values()));
  }
}
