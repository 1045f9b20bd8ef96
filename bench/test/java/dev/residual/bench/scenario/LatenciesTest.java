package dev.residual.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LatenciesTest {

  @ParameterizedTest
  @CsvSource({"1, 15", "20, 15", "21, 20", "40, 20", "50, 35", "80, 40", "81, 50", "100, 50"})
  void aPercentileIsTheNearestRank(int percent, double expected) {
    assertThat(new Latencies(40, 15, 50, 20, 35).percentile(percent)).isEqualTo(expected);
  }

  @Test
  void ofAHundredTheNinetyNinthIsTheLastButOne() {
    double[] numbers = new double[100];
    for (int i = 0; i < 100; i++) {
      numbers[i] = 100 - i;
    }
    assertThat(new Latencies(numbers).percentile(99)).isEqualTo(99);
    assertThat(new Latencies(numbers).percentile(90)).isEqualTo(90);
    numbers[0] = Double.POSITIVE_INFINITY;
    assertThat(new Latencies(numbers).percentile(99)).isEqualTo(99);
    numbers[1] = Double.POSITIVE_INFINITY;
    assertThat(new Latencies(numbers).percentile(99)).isInfinite();
  }

  @Test
  void theRangeIsChecked() {
    assertThatIllegalArgumentException().isThrownBy(Latencies::new);
    assertThatIllegalArgumentException().isThrownBy(() -> new Latencies(1).percentile(0));
    assertThatIllegalArgumentException().isThrownBy(() -> new Latencies(1).percentile(101));
  }
}
