package dev.residual.backend.reference;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.program.Labels;
import dev.residual.graph.Op;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

/** The ranks of labels among the classes, by logits. */
final class Rankings {
  private Rankings() {}

  static Step topK(TopK op, Buffers buffers) {
    double[] logits = buffers.elements(op.logits());
    double[] labels = buffers.elements(op.labels());
    double[] counts = buffers.elements(op.counts());
    int classes = op.logits().shape().dim(1);
    Labels read = requireNonNull(Labels.of(op));
    IntUnaryOperator label = elements(op.labels(), buffers);
    IntUnaryOperator rows = op.rows() == null ? null : elements(op.rows(), buffers);
    return () -> {
      int count = read.check(label, rows);
      Arrays.fill(counts, 0);
      for (int row = 0; row < count; row++) {
        int rank = rank(logits, row * classes, classes, (int) labels[row]);
        for (int i = 0; i < counts.length; i++) {
          counts[i] += rank < op.ks().get(i) ? 1 : 0;
        }
      }
    };
  }

  /** The check of labels that are given, for which a run need not begin. */
  static Stream<Runnable> check(Op op, Buffers buffers) {
    Labels read = Labels.of(op);
    if (!(op instanceof TopK top) || read == null || !read.areGiven()) {
      return Stream.of();
    }
    IntUnaryOperator label = elements(top.labels(), buffers);
    IntUnaryOperator rows = top.rows() == null ? null : elements(top.rows(), buffers);
    return Stream.of(
        () -> {
          int ignored = read.check(label, rows);
        });
  }

  private static IntUnaryOperator elements(Value value, Buffers buffers) {
    double[] elements = buffers.elements(value);
    return i -> (int) elements[i];
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
