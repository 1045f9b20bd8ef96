package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The gradient of the mean softmax cross-entropy: softmax minus target, over the batch size. */
final class LossBackwardStep implements Step {
  private final Buffer logits;
  private final Buffer labels;
  private final @Nullable Buffer diffLoss;
  private final Buffer diffLogits;
  private final int rows;
  private final int classes;
  private final double smoothing;

  LossBackwardStep(OneDnnLowering lowering, SoftmaxCrossEntropyBackward op) {
    Value diff = op.diffLoss();
    logits = lowering.buffer(op.logits());
    labels = lowering.buffer(op.labels());
    diffLoss = diff == null ? null : lowering.buffer(diff);
    diffLogits = lowering.buffer(op.diffLogits());
    rows = op.logits().shape().dim(0);
    classes = op.logits().shape().dim(1);
    smoothing = op.smoothing();
  }

  @Override
  public void run() {
    MemorySegment x = logits.segment();
    double scale = (diffLoss == null ? 1.0 : diffLoss.segment().get(JAVA_FLOAT, 0)) / rows;
    for (int n = 0; n < rows; n++) {
      long row = (long) n * classes;
      int label = labels.segment().getAtIndex(JAVA_INT, n);
      double logSumExp = SoftmaxRow.logSumExp(x, row, classes);
      for (int c = 0; c < classes; c++) {
        double target = smoothing / classes + (c == label ? 1 - smoothing : 0);
        double probability = Math.exp(x.getAtIndex(JAVA_FLOAT, row + c) - logSumExp);
        diffLogits
            .segment()
            .setAtIndex(JAVA_FLOAT, row + c, (float) ((probability - target) * scale));
      }
    }
  }
}
