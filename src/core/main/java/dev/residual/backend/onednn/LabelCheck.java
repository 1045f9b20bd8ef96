package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;

/** The check that every label is a class. */
final class LabelCheck implements Step {
  private final Buffer labels;
  private final int rows;
  private final int classes;

  LabelCheck(Lowering lowering, Value labels, Value logits) {
    this.labels = lowering.buffer(labels);
    rows = logits.shape().dim(0);
    classes = logits.shape().dim(1);
  }

  @Override
  public void run() {
    MemorySegment segment = labels.segment();
    for (int row = 0; row < rows; row++) {
      int label = segment.getAtIndex(JAVA_INT, row);
      if (label < 0 || label >= classes) {
        throw new IllegalArgumentException(
            "label %d of row %d is not in [0, %d)".formatted(label, row, classes));
      }
    }
  }
}
