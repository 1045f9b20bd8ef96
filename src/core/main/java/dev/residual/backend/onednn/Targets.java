package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.engine.program.Buffer;

/**
 * What the softmax of each row is to be, with label smoothing.
 *
 * @param labels a class for each row, or a probability for each class of each row
 * @param isSoft whether they are probabilities
 */
record Targets(Buffer labels, boolean isSoft, int classes, double smoothing) {

  double at(int row, int c) {
    double target =
        isSoft
            ? labels.segment().getAtIndex(JAVA_FLOAT, (long) row * classes + c)
            : labels.segment().getAtIndex(JAVA_INT, row) == c ? 1 : 0;
    return (1 - smoothing) * target + smoothing / classes;
  }

  double sum(int row) {
    double sum = 0;
    for (int c = 0; c < classes && isSoft; c++) {
      sum += at(row, c);
    }
    return isSoft ? sum : 1;
  }
}
