package dev.residual.graph;

/** The distribution of a normal variable with mean 0 and variance 1, in double precision. */
final class NormalDistribution {
  private static final double FACTOR = 1 / Math.sqrt(2 * Math.PI);

  /** From here on the fraction needs few terms, and below it the series does. */
  private static final double FAR = 4;

  private static final int TERMS = 60;

  private NormalDistribution() {}

  /** The density at x. */
  static double density(double x) {
    return FACTOR * Math.exp(-x * x / 2);
  }

  /** The probability of being below x. */
  static double below(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    if (Math.abs(x) < FAR) {
      return 0.5 + density(x) * series(x);
    }
    double tail = density(x) / fraction(Math.abs(x));
    return x > 0 ? 1 - tail : tail;
  }

  /** {@code x + x^3 / 3 + x^5 / (3 5) + ...}: Abramowitz and Stegun, 26.2.11. */
  private static double series(double x) {
    double term = x;
    double sum = 0;
    for (int i = 3; sum + term != sum; i += 2) {
      sum += term;
      term *= x * x / i;
    }
    return sum;
  }

  /** {@code x + 1 / (x + 2 / (x + 3 / (x + ...)))}: Abramowitz and Stegun, 26.2.14. */
  private static double fraction(double x) {
    double fraction = x;
    for (int i = TERMS; i > 0; i--) {
      fraction = x + i / fraction;
    }
    return fraction;
  }
}
