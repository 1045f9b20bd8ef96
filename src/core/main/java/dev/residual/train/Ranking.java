package dev.residual.train;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.residual.engine.Session;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;

/**
 * The count of images whose class is among the first by logits; equal logits rank by their index.
 * Allocates nothing after construction.
 */
final class Ranking {
  private static final int FIRST = 5;

  private final Value logits;
  private final int classes;
  private final float[] scores;
  private final MemorySegment memory;
  private int top1;
  private int top5;

  /** For logits of the shape n classes. */
  Ranking(Value logits) {
    if (logits.dtype() != DType.F32) {
      throw new IllegalArgumentException(logits + ": logits must be F32 to be ranked");
    }
    this.logits = logits;
    this.classes = logits.shape().dim(1);
    this.scores = new float[Math.toIntExact(logits.shape().elements())];
    this.memory = MemorySegment.ofArray(scores);
  }

  /**
   * Checks the labels of a batch: natively, one out of range would reach foreign memory.
   *
   * @throws IllegalArgumentException if one is outside [0, classes)
   */
  void check(Batch batch) {
    for (int i = 0; i < batch.count(); i++) {
      int label = label(batch, i);
      if (label < 0 || label >= classes) {
        throw new IllegalArgumentException(
            "label %d of image %d in a batch: the network has classes 0 to %d"
                .formatted(label, i, classes - 1));
      }
    }
  }

  /** Counts anew, by the logits of the last run. */
  void count(Session session, Batch batch) {
    session.read(logits, memory, Layout.ROW_MAJOR);
    count(batch);
  }

  /** The logits that are counted by. */
  MemorySegment memory() {
    return memory;
  }

  /** Counts anew, by the logits in {@link #memory}. */
  void count(Batch batch) {
    top1 = 0;
    top5 = 0;
    for (int i = 0; i < batch.count(); i++) {
      int rank = rank(i * classes, label(batch, i));
      top1 += rank < 1 ? 1 : 0;
      top5 += rank < FIRST ? 1 : 0;
    }
  }

  int top1() {
    return top1;
  }

  int top5() {
    return top5;
  }

  /** The number of classes before this one; NaN comes before all numbers, as in PyTorch. */
  private int rank(int row, int label) {
    float own = scores[row + label];
    int rank = 0;
    for (int c = 0; c < classes; c++) {
      float other = scores[row + c];
      if (c != label && (!(other <= own) || (other == own && c < label))) {
        rank++;
      }
    }
    return rank;
  }

  private static int label(Batch batch, int image) {
    return batch.labels().get(JAVA_INT_UNALIGNED, 4L * image);
  }
}
