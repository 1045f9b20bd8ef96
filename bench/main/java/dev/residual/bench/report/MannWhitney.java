package dev.residual.bench.report;

import java.util.Arrays;

/**
 * The test of Mann and Whitney (1947) whether one of two sets of samples tends to be larger.
 *
 * <p>It asks nothing of the distributions, which suits times: they have a hard lower bound and a
 * long tail.
 */
final class MannWhitney {
  private MannWhitney() {}

  /** The probability of a difference at least as clear, were there none: exact, two-sided. */
  static double probability(double[] a, double[] b) {
    // Twice U, so that ties, which count a half, stay whole numbers.
    int twice = 0;
    for (double x : a) {
      for (double y : b) {
        twice += x > y ? 2 : x == y ? 1 : 0;
      }
    }
    int smaller = Math.min(twice, 2 * a.length * b.length - twice);
    double[] ways = ways(a.length, b.length);
    double total = Arrays.stream(ways).sum();
    double tail = 0;
    for (int u = 0; 2 * u <= smaller; u++) {
      tail += ways[u];
    }
    return Math.min(1, 2 * tail / total);
  }

  /** For each U, the number of orders of n and m samples that have it. */
  private static double[] ways(int n, int m) {
    // The largest of all samples belongs to the first set (and beats all of the second) or not.
    double[][] previous = new double[m + 1][n * m + 1];
    for (int j = 0; j <= m; j++) {
      previous[j][0] = 1;
    }
    for (int i = 1; i <= n; i++) {
      double[][] next = new double[m + 1][n * m + 1];
      next[0][0] = 1;
      for (int j = 1; j <= m; j++) {
        for (int u = 0; u <= n * m; u++) {
          next[j][u] = next[j - 1][u] + (u >= j ? previous[j][u - j] : 0);
        }
      }
      previous = next;
    }
    return previous[m];
  }
}
