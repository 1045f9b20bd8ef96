package dev.residual.quantization;

import java.util.stream.IntStream;

/**
 * The upper triangular R with {@code transpose(R) R = A} of a symmetric positive definite matrix A,
 * in blocks of rows that stay in the cache, and in parallel.
 */
final class CholeskyFactor {
  private static final int BLOCK = 32;

  private final float[] rows;
  private final int size;
  private final float least;

  private CholeskyFactor(float[] rows, int size, float least) {
    this.rows = rows;
    this.size = size;
    this.least = least;
  }

  /**
   * Writes the factor over the upper triangle of a matrix.
   *
   * @param matrix size x size, row-major; only its upper triangle is read
   * @param least what no eigenvalue is below, and therefore no pivot but for rounding; positive
   */
  static void overwrite(float[] matrix, int size, float least) {
    new CholeskyFactor(matrix, size, least).factorise();
  }

  private void factorise() {
    for (int first = 0; first < size; first += BLOCK) {
      int from = first;
      int to = Math.min(size, first + BLOCK);
      for (int row = from; row < to; row++) {
        scale(row);
        subtract(row, row + 1, row + 1, to);
      }
      IntStream.range(to, size).parallel().forEach(row -> subtract(from, to, row, row + 1));
    }
  }

  private void scale(int row) {
    int diagonal = row * size + row;
    float factor = (float) (1 / Math.sqrt(Math.max(least, rows[diagonal])));
    rows[diagonal] = 1 / factor;
    for (int i = diagonal + 1; i < (row + 1) * size; i++) {
      rows[i] *= factor;
    }
  }

  /** Takes from the rows [first, last) the finished rows [from, to), each times its element. */
  private void subtract(int from, int to, int first, int last) {
    for (int row = first; row < last; row++) {
      for (int finished = from; finished < to; finished++) {
        int src = finished * size + row;
        float factor = rows[src];
        int dst = row * size + row;
        for (int i = 0; i < size - row; i++) {
          rows[dst + i] -= factor * rows[src + i];
        }
      }
    }
  }
}
