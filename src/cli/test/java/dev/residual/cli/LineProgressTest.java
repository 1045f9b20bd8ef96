package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class LineProgressTest {
  private final StringWriter text = new StringWriter();
  private final Console console =
      new Console(new PrintWriter(new StringWriter()), new PrintWriter(text), false);
  private long now;

  @Test
  void linesComeAtDoubleDistancesUpToAMinute() {
    try (LineProgress progress = new LineProgress(console, "work", 300, () -> now)) {
      for (int second = 0; second <= 200; second++) {
        now = second * 1_000_000_000L;
        progress.report(second, second < 195 ? "more" : "");
      }
    }
    assertThat(text.toString().lines())
        .containsExactly(
            "work: 5 of 300, more",
            "work: 15 of 300, more",
            "work: 35 of 300, more",
            "work: 75 of 300, more",
            "work: 135 of 300, more",
            "work: 195 of 300");
  }

  @Test
  void shortWorkIsNotReported() {
    try (LineProgress progress = new LineProgress(console, "work", 100, () -> now)) {
      now = 4_900_000_000L;
      progress.report(100, "");
    }
    assertThat(text.toString()).isEmpty();
  }
}
