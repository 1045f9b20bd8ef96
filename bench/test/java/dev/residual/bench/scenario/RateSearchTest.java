package dev.residual.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RateSearchTest {

  private static Optional<Double> largest(double limit, List<Double> tried) {
    return RateSearch.largest(
        64,
        6,
        rate -> {
          tried.add(rate);
          return rate;
        },
        rate -> rate <= limit);
  }

  @Test
  void theLargestRateThatHoldsIsFound() {
    List<Double> tried = new ArrayList<>();
    assertThat(largest(37.3, tried)).contains(37.0);
    assertThat(tried).containsExactly(32.0, 48.0, 40.0, 36.0, 38.0, 37.0);
    assertThat(largest(20, new ArrayList<>())).contains(20.0);
    assertThat(largest(1000, new ArrayList<>())).contains(63.0);
    assertThat(largest(1, new ArrayList<>())).contains(1.0);
  }

  @Test
  void noneIsFoundWhereNoneHolds() {
    assertThat(largest(0.5, new ArrayList<>())).isEmpty();
  }
}
