package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.residual.train.Metrics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurveTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      doubles = {
        0,
        1e-300,
        -1e-300,
        1e7,
        -1e7,
        1e19,
        1e300,
        -1e300,
        Double.MAX_VALUE,
        -Double.MAX_VALUE,
        Double.MIN_VALUE,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY
      })
  void numbersWithoutMeasureAreDrawnSoonEnough(double number) {
    assertTimeoutPreemptively(
        Duration.ofMinutes(1),
        () -> draw(List.of(row(1, 0.5), row(2, number), row(Integer.MAX_VALUE, 0.25))));
  }

  @Test
  void whatIsNotKnownIsLeftOut() throws Exception {
    draw(List.of(row(1, 0.5), row(2, Double.NaN)));
  }

  private static Metrics row(int epoch, double number) {
    return new Metrics(epoch, number, number, number, number, number, number, number);
  }

  private void draw(List<Metrics> metrics) throws Exception {
    Path file = folder.resolve("curve.png");
    StringWriter notes = new StringWriter();
    PrintWriter screen = new PrintWriter(notes);
    Curve.write(file, "a test", metrics, new Console(screen, screen, false));
    assertThat(notes.toString()).isEmpty();
    assertThat(ImageIO.read(file.toFile()).getWidth()).isGreaterThan(400);
  }
}
