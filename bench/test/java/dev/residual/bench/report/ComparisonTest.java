package dev.residual.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  private static final Machine MACHINE =
      new Machine("cpu", 2, "1 GB", "os", "jdk", "lib", null, "now");

  private static Outcome outcome(String framework, Double... samples) {
    return new Outcome(
        "TrainingStepBenchmark.step",
        Map.of(
            "framework",
            framework,
            "workload",
            "resnet50 x 32",
            "precision",
            "f32",
            "threads",
            "2"),
        "ms/op",
        List.of(samples),
        Map.of());
  }

  @Test
  void clearlyShorterTimesAreFaster() {
    assertThat(
            Comparison.verdict(
                outcome("residual", 10.0, 11.0, 10.5, 10.2, 10.4, 10.1),
                outcome("residual", 8.0, 8.1, 8.2, 8.3, 8.4, 8.5)))
        .startsWith("FASTER  x1.2");
  }

  @Test
  void timesThatMixAreTheSame() {
    assertThat(
            Comparison.verdict(
                outcome("residual", 10.0, 12.0, 11.0, 13.0),
                outcome("residual", 10.5, 11.5, 12.5, 9.0)))
        .startsWith("same");
  }

  @Test
  void aDifferenceTooSmallToMatterIsNone() {
    assertThat(
            Comparison.verdict(
                outcome("residual", 10.00, 10.01, 10.02, 10.03, 10.04, 10.05),
                outcome("residual", 10.06, 10.07, 10.08, 10.09, 10.10, 10.11)))
        .startsWith("same");
  }

  @Test
  void filesAreComparedByBenchmarkAndParameters(@TempDir Path folder) {
    Path file = folder.resolve("a.json");
    Results written =
        new Results(MACHINE, List.of(outcome("residual", 1.0, 2.0), outcome("pytorch", 3.0)));
    written.write(file);
    Results read = Results.read(file);
    assertThat(read).isEqualTo(written);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    Results other = new Results(MACHINE, List.of(outcome("residual", 1.0, 2.0)));
    Comparison.print(read, other, new PrintStream(text, true, StandardCharsets.UTF_8));
    assertThat(text.toString(StandardCharsets.UTF_8))
        .contains("same", "resnet50 x 32", "1 compared, 1 only in one file");
  }

  @Test
  void laterOutcomesReplaceThoseOfTheSameParameters() {
    Results results = new Results(MACHINE, List.of(outcome("residual", 1.0)));
    assertThat(
            results
                .with(MACHINE, List.of(outcome("residual", 2.0), outcome("djl", 3.0)))
                .outcomes())
        .containsExactly(outcome("residual", 2.0), outcome("djl", 3.0));
  }
}
