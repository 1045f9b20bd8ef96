package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of the mean softmax cross-entropy: softmax times the sum of the targets, minus the
 * target, over the batch size.
 */
final class LossBackwardStep implements Step {
  private final Buffer logits;
  private final Targets targets;
  private final @Nullable Buffer diffLoss;
  private final Buffer diffLogits;
  private final int rows;
  private final int classes;
  private final double weight;

  LossBackwardStep(OneDnnLowering lowering, SoftmaxCrossEntropyBackward op) {
    Value diff = op.diffLoss();
    logits = lowering.buffer(op.logits());
    diffLoss = diff == null ? null : lowering.buffer(diff);
    diffLogits = lowering.buffer(op.diffLogits());
    rows = op.logits().shape().dim(0);
    classes = op.logits().shape().dim(1);
    weight = op.weight();
    targets = new Targets(lowering.buffer(op.labels()), op.isSoft(), classes, op.smoothing());
  }

  @Override
  public void run() {
    MemorySegment x = logits.segment();
    double given = diffLoss == null ? 1.0 : diffLoss.segment().get(JAVA_FLOAT, 0);
    double scale = weight * given / rows;
    for (int n = 0; n < rows; n++) {
      long row = (long) n * classes;
      double logSumExp = SoftmaxRow.logSumExp(x, row, classes);
      double sum = targets.sum(n);
      for (int c = 0; c < classes; c++) {
        double probability = Math.exp(x.getAtIndex(JAVA_FLOAT, row + c) - logSumExp);
        diffLogits
            .segment()
            .setAtIndex(
                JAVA_FLOAT, row + c, (float) ((probability * sum - targets.at(n, c)) * scale));
      }
    }
  }
}
