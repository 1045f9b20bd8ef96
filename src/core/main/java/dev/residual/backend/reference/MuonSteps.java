package dev.residual.backend.reference;

import dev.residual.graph.MuonUpdate;

/** Steps of Muon, on matrices as rows behind each other. */
final class MuonSteps {
  private MuonSteps() {}

  static Step of(MuonUpdate op, Buffers buffers) {
    double momentum = op.settings().momentum();
    double[] parameter = buffers.elements(op.parameter());
    double[] gradient = buffers.elements(op.gradient());
    double[] velocity = buffers.elements(op.velocity());
    double[] learningRate = buffers.elements(op.learningRate());
    return Updates.step(
        op,
        buffers,
        factor -> {
          double[] direction = new double[parameter.length];
          for (int i = 0; i < parameter.length; i++) {
            double g = factor * gradient[i];
            velocity[i] = momentum * velocity[i] + g;
            direction[i] = g + momentum * velocity[i];
          }
          double[] step = orthogonal(op, direction);
          double keep =
              op.settings().normalized()
                  ? op.norm() / Math.sqrt(Updates.squares(parameter))
                  : 1 - learningRate[0] * op.settings().weightDecay();
          for (int i = 0; i < parameter.length; i++) {
            parameter[i] = keep * parameter[i] - learningRate[0] * op.scale() * step[i];
          }
        });
  }

  /** The matrix with singular values close to 1. */
  private static double[] orthogonal(MuonUpdate op, double[] direction) {
    double first = MuonUpdate.COEFFICIENTS.get(0);
    double second = MuonUpdate.COEFFICIENTS.get(1);
    double third = MuonUpdate.COEFFICIENTS.get(2);
    boolean isTall = op.rows() > op.columns();
    int rows = isTall ? op.columns() : op.rows();
    int columns = isTall ? op.rows() : op.columns();
    double norm = Math.sqrt(Updates.squares(direction)) + MuonUpdate.EPSILON;
    double[] x = isTall ? transposed(direction, columns, rows) : direction.clone();
    for (int i = 0; i < x.length; i++) {
      x[i] /= norm;
    }
    for (int step = 0; step < op.settings().steps(); step++) {
      double[] gram = product(x, transposed(x, rows, columns), rows, columns, rows);
      double[] square = product(gram, gram, rows, rows, rows);
      double[] polynomial = new double[square.length];
      for (int i = 0; i < square.length; i++) {
        polynomial[i] = second * gram[i] + third * square[i];
      }
      double[] moved = product(polynomial, x, rows, rows, columns);
      for (int i = 0; i < x.length; i++) {
        x[i] = first * x[i] + moved[i];
      }
    }
    return isTall ? transposed(x, rows, columns) : x;
  }

  private static double[] transposed(double[] matrix, int rows, int columns) {
    double[] turned = new double[matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      turned[i % columns * rows + i / columns] = matrix[i];
    }
    return turned;
  }

  private static double[] product(double[] a, double[] b, int rows, int inner, int columns) {
    double[] product = new double[rows * columns];
    for (int i = 0; i < a.length; i++) {
      Blas1.axpy(columns, a[i], b, i % inner * columns, product, i / inner * columns);
    }
    return product;
  }
}
