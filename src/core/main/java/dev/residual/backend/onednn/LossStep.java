package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.SoftmaxCrossEntropy;
import java.lang.foreign.MemorySegment;

/** The mean softmax cross-entropy of a batch. */
final class LossStep implements Step {
  private final Buffer logits;
  private final Buffer labels;
  private final Buffer loss;
  private final int rows;
  private final int classes;
  private final double smoothing;

  LossStep(OneDnnLowering lowering, SoftmaxCrossEntropy op) {
    logits = lowering.buffer(op.logits());
    labels = lowering.buffer(op.labels());
    loss = lowering.buffer(op.loss());
    rows = op.logits().shape().dim(0);
    classes = op.logits().shape().dim(1);
    smoothing = op.smoothing();
  }

  @Override
  public void run() {
    MemorySegment x = logits.segment();
    double total = 0;
    for (int n = 0; n < rows; n++) {
      long row = (long) n * classes;
      int label = labels.segment().getAtIndex(JAVA_INT, n);
      double sum = 0;
      for (int c = 0; c < classes && smoothing > 0; c++) {
        sum += x.getAtIndex(JAVA_FLOAT, row + c);
      }
      total +=
          SoftmaxRow.logSumExp(x, row, classes)
              - (1 - smoothing) * x.getAtIndex(JAVA_FLOAT, row + label)
              - smoothing / classes * sum;
    }
    loss.segment().set(JAVA_FLOAT, 0, (float) (total / rows));
  }
}
