package dev.residual.bench.gpu;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many tests passed, by what JUnit's console prints while it goes: a run that was stopped has
 * counts, too.
 *
 * @param failures the names of those that failed
 */
record TestCounts(int passed, int skipped, List<String> failures) {
  private static final Pattern LINE =
      Pattern.compile("(?m)^.* > (?<name>.*) :: (?<end>SUCCESSFUL|FAILED|ABORTED|SKIPPED)$");

  static TestCounts of(String output) {
    int passed = 0;
    int skipped = 0;
    List<String> failures = new java.util.ArrayList<>();
    Matcher line = LINE.matcher(output);
    while (line.find()) {
      switch (line.group("end")) {
        case "SUCCESSFUL" -> passed++;
        case "FAILED" -> failures.add(line.group("name"));
        default -> skipped++;
      }
    }
    return new TestCounts(passed, skipped, List.copyOf(failures));
  }

  int failed() {
    return failures.size();
  }

  boolean areRight() {
    return passed > 0 && failures.isEmpty();
  }

  /** The first of those that failed, and where to read on; empty if none did. */
  String failures(Path log) {
    return failures.isEmpty() ? "" : ": %s... (%s)".formatted(failures.getFirst(), log);
  }

  @Override
  public String toString() {
    return "%d tests passed, %d failed, %d skipped".formatted(passed, failed(), skipped);
  }
}
