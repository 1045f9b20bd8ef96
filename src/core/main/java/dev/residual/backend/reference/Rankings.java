package dev.residual.backend.reference;

import dev.residual.graph.TopK;
import java.util.Arrays;

/** The ranks of labels among the classes, by logits. */
final class Rankings {
  private Rankings() {}

  static Step topK(TopK op, Buffers buffers) {
    double[] logits = buffers.elements(op.logits());
    double[] labels = buffers.elements(op.labels());
    double[] rows = buffers.elementsOrNull(op.rows());
    double[] counts = buffers.elements(op.counts());
    int classes = op.logits().shape().dim(1);
    return () -> {
      int count = rows == null ? labels.length : (int) rows[0];
      if (count < 0 || count > labels.length) {
        throw new IllegalStateException(
            "%s holds %d, which is not in [0, %d]".formatted(op.rows(), count, labels.length));
      }
      Arrays.fill(counts, 0);
      for (int row = 0; row < count; row++) {
        int label = (int) labels[row];
        if (label < 0 || label >= classes) {
          throw new IllegalStateException(
              "%s holds %d in row %d, which is not in [0, %d)"
                  .formatted(op.labels(), label, row, classes));
        }
        int rank = rank(logits, row * classes, classes, label);
        for (int i = 0; i < counts.length; i++) {
          counts[i] += rank < op.ks().get(i) ? 1 : 0;
        }
      }
    };
  }

  /** The number of classes before this one. */
  private static int rank(double[] logits, int offset, int classes, int label) {
    double own = logits[offset + label];
    int rank = 0;
    for (int c = 0; c < classes; c++) {
      double other = logits[offset + c];
      if (c != label && (!(other <= own) || (other == own && c < label))) {
        rank++;
      }
    }
    return rank;
  }
}
