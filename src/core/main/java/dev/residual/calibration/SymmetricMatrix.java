package dev.residual.calibration;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations (Golub and
 * Van Loan, "Matrix Computations", section 8.5).
 *
 * @param eigenvalues the largest first
 * @param eigenvectors one in each row, of length 1, in the same order
 */
record SymmetricMatrix(double[] eigenvalues, double[][] eigenvectors) {
  private static final int MOST_SWEEPS = 60;

  static SymmetricMatrix of(double[][] elements) {
    int n = elements.length;
    double[][] a = Arrays.stream(elements).map(double[]::clone).toArray(double[][]::new);
    double[][] vectors = new double[n][n];
    for (int i = 0; i < n; i++) {
      vectors[i][i] = 1;
    }
    for (int sweep = 0; sweep < MOST_SWEEPS && !isDiagonal(a); sweep++) {
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          rotate(a, vectors, p, q);
        }
      }
    }
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -a[i][i]))
            .mapToInt(i -> i)
            .toArray();
    return new SymmetricMatrix(
        Arrays.stream(order).mapToDouble(i -> a[i][i]).toArray(),
        Arrays.stream(order).mapToObj(i -> vectors[i]).toArray(double[][]::new));
  }

  private static boolean isDiagonal(double[][] a) {
    double diagonal = 0;
    double others = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        if (i == j) {
          diagonal += a[i][j] * a[i][j];
        } else {
          others += a[i][j] * a[i][j];
        }
      }
    }
    return others <= 1e-30 * diagonal;
  }

  /** Makes the element p q zero. The vectors lie in rows. */
  private static void rotate(double[][] a, double[][] vectors, int p, int q) {
    if (a[p][q] == 0) {
      return;
    }
    double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = Math.copySign(1, tau) / (Math.abs(tau) + Math.hypot(1, tau));
    double c = 1 / Math.hypot(1, t);
    double s = t * c;
    for (double[] row : a) {
      double x = row[p];
      row[p] = c * x - s * row[q];
      row[q] = s * x + c * row[q];
    }
    turn(a, p, q, c, s);
    turn(vectors, p, q, c, s);
  }

  private static void turn(double[][] rows, int p, int q, double c, double s) {
    for (int i = 0; i < rows[p].length; i++) {
      double x = rows[p][i];
      rows[p][i] = c * x - s * rows[q][i];
      rows[q][i] = s * x + c * rows[q][i];
    }
  }
}
