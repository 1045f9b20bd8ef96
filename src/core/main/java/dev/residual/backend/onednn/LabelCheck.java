package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;

/** A loss or its gradient, after a check that every label is a class. */
final class LabelCheck implements Step {
  private final Value value;
  private final Buffer labels;
  private final int rows;
  private final int classes;
  private final Step loss;

  LabelCheck(OneDnnLowering lowering, Value labels, Value logits, Step loss) {
    this.value = labels;
    this.labels = lowering.buffer(labels);
    this.loss = loss;
    rows = logits.shape().dim(0);
    classes = logits.shape().dim(1);
  }

  @Override
  public String implementation(Op op) {
    return loss.implementation(op);
  }

  @Override
  public void run() {
    MemorySegment segment = labels.segment();
    for (int row = 0; row < rows; row++) {
      int label = segment.getAtIndex(JAVA_INT, row);
      if (label < 0 || label >= classes) {
        throw new IllegalStateException(
            "%s holds %d in row %d, which is not in [0, %d)".formatted(value, label, row, classes));
      }
    }
    loss.run();
  }
}
