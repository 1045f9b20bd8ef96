package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The numbers of rows whose label is among the first classes. */
final class TopKStep implements Step {
  private final Buffer logits;
  private final Buffer labels;
  private final @Nullable Buffer rows;
  private final Buffer counts;
  private final int batch;
  private final int classes;
  private final int[] ks;
  private final int[] found;

  TopKStep(OneDnnLowering lowering, TopK op) {
    Value count = op.rows();
    logits = lowering.buffer(op.logits());
    labels = lowering.buffer(op.labels());
    rows = count == null ? null : lowering.buffer(count);
    counts = lowering.buffer(op.counts());
    batch = op.logits().shape().dim(0);
    classes = op.logits().shape().dim(1);
    ks = op.ks().stream().mapToInt(Integer::intValue).toArray();
    found = new int[ks.length];
  }

  @Override
  public void run() {
    Arrays.fill(found, 0);
    int count = rows == null ? batch : rows.segment().get(JAVA_INT, 0);
    for (int row = 0; row < count; row++) {
      int rank = rank((long) row * classes, labels.segment().getAtIndex(JAVA_INT, row));
      for (int i = 0; i < ks.length; i++) {
        found[i] += rank < ks[i] ? 1 : 0;
      }
    }
    for (int i = 0; i < ks.length; i++) {
      counts.segment().setAtIndex(JAVA_INT, i, found[i]);
    }
  }

  /** The number of classes before this one. */
  private int rank(long row, int label) {
    MemorySegment x = logits.segment();
    float own = x.getAtIndex(JAVA_FLOAT, row + label);
    int rank = 0;
    for (int c = 0; c < classes; c++) {
      float other = x.getAtIndex(JAVA_FLOAT, row + c);
      if (c != label && (!(other <= own) || (other == own && c < label))) {
        rank++;
      }
    }
    return rank;
  }
}
