package dev.residual.io.data;

import java.util.random.RandomGenerator;

/** The distribution Beta(a, a) of numbers between 0 and 1. */
final class SymmetricBeta {
  private SymmetricBeta() {}

  /** A number, the ratio of two of the distribution Gamma(a); logarithms let a be small. */
  static double sample(double a, RandomGenerator random) {
    double first = logGamma(a, random);
    double second = logGamma(a, random);
    return 1 / (1 + StrictMath.exp(second - first));
  }

  /** The logarithm of a number of the distribution Gamma(a) (Marsaglia and Tsang 2000). */
  private static double logGamma(double a, RandomGenerator random) {
    if (a < 1) {
      return logGamma(a + 1, random) + StrictMath.log(1 - random.nextDouble()) / a;
    }
    double d = a - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = random.nextGaussian();
      double root = 1 + c * x;
      double v = root * root * root;
      double u = 1 - random.nextDouble();
      if (v > 0) {
        double logV = StrictMath.log(v);
        if (StrictMath.log(u) < 0.5 * x * x + d * (1 - v + logV)) {
          return StrictMath.log(d) + logV;
        }
      }
    }
  }
}
