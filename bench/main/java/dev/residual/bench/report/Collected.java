package dev.residual.bench.report;

import dev.residual.bench.Notes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import tools.jackson.databind.json.JsonMapper;

/** The outcomes of one run of JMH, with what its processes noted. */
final class Collected {
  private static final String ALLOCATION = "gc.alloc.rate.norm";

  private Collected() {}

  private record Note(String benchmark, Map<String, String> params, String name, Object value) {}

  static List<Outcome> from(Collection<RunResult> runs, Path notes) throws IOException {
    Map<String, Outcome> outcomes = new LinkedHashMap<>();
    for (RunResult run : runs) {
      Outcome outcome = outcome(run);
      outcomes.put(outcome.key(), outcome);
    }
    for (String line : Files.readAllLines(notes)) {
      Note note = JsonMapper.shared().readValue(line, Note.class);
      // A process that failed has no result: its note is all there is.
      Outcome noted = new Outcome(note.benchmark(), note.params(), "ms/op", List.of(), Map.of());
      Outcome known = outcomes.getOrDefault(noted.key(), noted);
      Map<String, Object> all = new TreeMap<>(known.notes());
      all.put(note.name(), note.value());
      outcomes.put(
          known.key(),
          new Outcome(known.benchmark(), known.params(), known.unit(), known.samples(), all));
    }
    return outcomes.values().stream().map(Collected::explained).toList();
  }

  /** A process that the system kills, as for want of memory, leaves neither times nor reason. */
  private static Outcome explained(Outcome outcome) {
    if (!outcome.samples().isEmpty() || outcome.absent() != null) {
      return outcome;
    }
    Map<String, Object> notes = new TreeMap<>(outcome.notes());
    notes.put(Notes.ABSENT, "its process ended before the last measurement");
    return new Outcome(
        outcome.benchmark(), outcome.params(), outcome.unit(), outcome.samples(), notes);
  }

  private static Outcome outcome(RunResult run) {
    BenchmarkParams params = run.getParams();
    List<Double> samples = new ArrayList<>();
    run.getBenchmarkResults()
        .forEach(
            fork -> {
              for (IterationResult iteration : fork.getIterationResults()) {
                samples.add(iteration.getPrimaryResult().getScore());
              }
            });
    Map<String, Object> notes = new TreeMap<>();
    run.getSecondaryResults()
        .forEach(
            (name, result) -> {
              if (name.endsWith(ALLOCATION)) {
                notes.put("allocatedBytesPerRun", result.getScore());
              }
            });
    return new Outcome(
        Notes.name(params),
        Notes.params(params),
        run.getPrimaryResult().getScoreUnit(),
        samples,
        notes);
  }
}
