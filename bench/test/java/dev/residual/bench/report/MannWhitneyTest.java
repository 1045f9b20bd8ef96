package dev.residual.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MannWhitneyTest {

  @Test
  void setsThatDoNotOverlapHaveTheProbabilityOfOneOrderOfTwoExtremes() {
    // 5 of 10 places: 252 orders, and the two extremes among them.
    assertThat(MannWhitney.probability(new double[] {1, 2, 3, 4, 5}, new double[] {6, 7, 8, 9, 10}))
        .isCloseTo(2.0 / 252, within(1e-12));
  }

  @Test
  void probabilityIsThatOfThePublishedTable() {
    // U = 2 for 4 and 4 samples has the one-sided probability 0.057 (Mann and Whitney, Table I).
    double[] a = {1, 2, 3, 6};
    double[] b = {4, 5, 7, 8};
    assertThat(MannWhitney.probability(a, b)).isCloseTo(2 * 4.0 / 70, within(1e-12));
  }

  @Test
  void sameSamplesAreNoDifference() {
    double[] a = {3, 1, 2};
    assertThat(MannWhitney.probability(a, a)).isEqualTo(1);
  }

  @Test
  void orderOfTheSetsDoesNotMatter() {
    double[] a = {1, 3, 5, 7, 9, 11};
    double[] b = {4, 6, 8, 10, 12};
    assertThat(MannWhitney.probability(a, b)).isEqualTo(MannWhitney.probability(b, a));
  }
}
