package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/** The softmax of one row of logits, computed in double. */
final class SoftmaxRow {
  private SoftmaxRow() {}

  /** The largest logit of the row that begins at this index. */
  static double max(MemorySegment logits, long row, int classes) {
    double max = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      max = Math.max(max, logits.getAtIndex(JAVA_FLOAT, row + c));
    }
    return max;
  }

  /** The logarithm of the sum of exponentials, computed stably. */
  static double logSumExp(MemorySegment logits, long row, int classes) {
    double max = max(logits, row, classes);
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(logits.getAtIndex(JAVA_FLOAT, row + c) - max);
    }
    return max + Math.log(sum);
  }
}
