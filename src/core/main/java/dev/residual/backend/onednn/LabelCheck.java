package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The first step of a run that reads labels, after a check that each is a class. */
final class LabelCheck implements Step {
  private final Labels read;
  private final Buffer labels;
  private final @Nullable Buffer rows;
  private final int batch;
  private final Step step;

  LabelCheck(OneDnnLowering lowering, Labels read, Step step) {
    Value rows = read.rows();
    this.read = read;
    this.labels = lowering.buffer(read.value());
    this.rows = rows == null ? null : lowering.buffer(rows);
    this.step = step;
    batch = read.value().shape().dim(0);
  }

  @Override
  public String implementation(Op op) {
    return step.implementation(op);
  }

  @Override
  public void run() {
    int count = rows == null ? batch : rows.segment().get(JAVA_INT, 0);
    if (count < 0 || count > batch) {
      throw new IllegalStateException(
          "%s holds %d, which is not in [0, %d]".formatted(read.rows(), count, batch));
    }
    MemorySegment segment = labels.segment();
    for (int row = 0; row < count; row++) {
      int label = segment.getAtIndex(JAVA_INT, row);
      if (label < 0 || label >= read.classes()) {
        throw new IllegalStateException(
            "%s holds %d in row %d, which is not in [0, %d)"
                .formatted(read.value(), label, row, read.classes()));
      }
    }
    step.run();
  }
}
