package dev.residual.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PoissonArrivalsTest {
  private static final int SECONDS = 20_000;
  private static final double RATE = 25;

  @Test
  void arrivalsOfASecondHaveTheMeanAndTheVarianceOfTheRate() {
    PoissonArrivals arrivals = new PoissonArrivals(1, RATE);
    int[] counts = new int[SECONDS];
    for (long at = arrivals.next(); at < SECONDS * 1_000_000_000L; at = arrivals.next()) {
      counts[(int) (at / 1_000_000_000L)]++;
    }
    double sum = 0;
    double squares = 0;
    for (int count : counts) {
      sum += count;
      squares += (double) count * count;
    }
    double mean = sum / SECONDS;
    // Four standard errors: 0.14 of the mean, 1.0 of the variance.
    assertThat(mean).isCloseTo(RATE, within(0.15));
    assertThat(squares / SECONDS - mean * mean).isCloseTo(RATE, within(1.1));
  }

  @Test
  void aSeedGivesTheSameArrivals() {
    PoissonArrivals one = new PoissonArrivals(7, 100);
    PoissonArrivals same = new PoissonArrivals(7, 100);
    PoissonArrivals other = new PoissonArrivals(8, 100);
    long last = 0;
    for (int i = 0; i < 100; i++) {
      long at = one.next();
      assertThat(at).isGreaterThanOrEqualTo(last).isEqualTo(same.next());
      assertThat(at).isNotEqualTo(other.next());
      last = at;
    }
  }

  @Test
  void aRateIsAboveZero() {
    assertThatIllegalArgumentException().isThrownBy(() -> new PoissonArrivals(1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new PoissonArrivals(1, Double.NaN));
  }
}
