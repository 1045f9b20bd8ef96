package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Dropout;

/** The choice of the rows that dropout keeps. */
final class KeepRowsStep implements Step {
  private final Buffer random;
  private final Buffer mask;
  private final long rows;
  private final double probability;

  KeepRowsStep(OneDnnLowering lowering, Dropout op) {
    random = lowering.buffer(op.random());
    mask = lowering.buffer(op.mask());
    rows = op.mask().shape().elements();
    probability = op.probability();
  }

  @Override
  public void run() {
    long seed = random.segment().get(JAVA_LONG, 0);
    random.segment().set(JAVA_LONG, 0, seed + 1);
    for (long row = 0; row < rows; row++) {
      boolean keep = Dropout.keeps(seed, row, probability);
      mask.segment().set(JAVA_BYTE, row, (byte) (keep ? 1 : 0));
    }
  }
}
