package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class EpochTimesTest {
  private static final Offset<Double> EXACT = Offset.offset(1e-9);
  private long now = 17;
  private final EpochTimes times = new EpochTimes(3, 300, () -> now);

  /** At 10 images a second an epoch of 1,000 takes 100 s, and its evaluation 10 s by a guess. */
  @Test
  void evaluationsAreGuessedUntilTheyAreMeasured() {
    assertThat(times.afterStep(0, 200, 1000, 10)).isCloseTo(80 + 10 + 2 * 110, EXACT);
    assertThat(times.afterStep(2, 1000, 1000, 10)).isCloseTo(10, EXACT);
  }

  @Test
  void evaluationsTakeAsLongAsTheLastOne() {
    times.afterStep(0, 1000, 1000, 10);
    assertThat(times.afterBatch(1, 5)).isNaN();
    now += 4_000_000_000L;
    assertThat(times.afterBatch(2, 5)).isCloseTo(12 + 2 * (100 + 20), EXACT);
    now += 8_000_000_000L;
    assertThat(times.afterBatch(3, 5)).isCloseTo(12 + 2 * (100 + 30), EXACT);
    assertThat(times.afterStep(1, 500, 1000, 20)).isCloseTo(25 + 30 + 50 + 30, EXACT);
  }
}
