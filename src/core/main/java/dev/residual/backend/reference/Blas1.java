package dev.residual.backend.reference;

/** The two vector operations that convolutions and linear layers spend their time in. */
final class Blas1 {
  private Blas1() {}

  /** {@code y += a * x}. */
  static void axpy(int n, double a, double[] x, int xOffset, double[] y, int yOffset) {
    for (int i = 0; i < n; i++) {
      y[yOffset + i] += a * x[xOffset + i];
    }
  }

  /** The sum of {@code x * y}, in four chains so that additions overlap. */
  static double dot(int n, double[] x, int xOffset, double[] y, int yOffset) {
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      sum0 += x[xOffset + i] * y[yOffset + i];
      sum1 += x[xOffset + i + 1] * y[yOffset + i + 1];
      sum2 += x[xOffset + i + 2] * y[yOffset + i + 2];
      sum3 += x[xOffset + i + 3] * y[yOffset + i + 3];
    }
    for (; i < n; i++) {
      sum0 += x[xOffset + i] * y[yOffset + i];
    }
    return sum0 + sum1 + (sum2 + sum3);
  }
}
