package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.SoftmaxCrossEntropy;
import java.lang.foreign.MemorySegment;

/** The mean softmax cross-entropy of a batch. */
final class LossStep implements Step {
  private final Buffer logits;
  private final Targets targets;
  private final Buffer loss;
  private final int rows;
  private final int classes;
  private final double weight;

  LossStep(OneDnnLowering lowering, SoftmaxCrossEntropy op) {
    logits = lowering.buffer(op.logits());
    loss = lowering.buffer(op.loss());
    rows = op.logits().shape().dim(0);
    classes = op.logits().shape().dim(1);
    weight = op.weight();
    targets = new Targets(lowering.buffer(op.labels()), op.isSoft(), classes, op.smoothing());
  }

  @Override
  public void run() {
    MemorySegment x = logits.segment();
    double total = 0;
    for (int n = 0; n < rows; n++) {
      long row = (long) n * classes;
      double logSumExp = SoftmaxRow.logSumExp(x, row, classes);
      for (int c = 0; c < classes; c++) {
        double target = targets.at(n, c);
        if (target != 0) { // A class that is not asked for may have a logit of -infinity.
          total += target * (logSumExp - x.getAtIndex(JAVA_FLOAT, row + c));
        }
      }
    }
    loss.segment().set(JAVA_FLOAT, 0, (float) (weight * total / rows));
  }
}
