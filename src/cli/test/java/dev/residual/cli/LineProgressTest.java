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
  void linesComeAfterTwoSecondsAndThenEveryFive() {
    try (LineProgress progress = new LineProgress(console, "work", 100, () -> now)) {
      for (int second = 0; second <= 12; second++) {
        now = second * 1_000_000_000L;
        progress.report(second, second < 12 ? "more" : "");
      }
    }
    assertThat(text.toString().lines())
        .containsExactly("work: 2 of 100, more", "work: 7 of 100, more", "work: 12 of 100");
  }

  @Test
  void shortWorkIsNotReported() {
    try (LineProgress progress = new LineProgress(console, "work", 100, () -> now)) {
      now = 1_900_000_000L;
      progress.report(100, "");
    }
    assertThat(text.toString()).isEmpty();
  }
}
