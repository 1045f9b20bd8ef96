package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.DropoutBackward;
import java.lang.foreign.MemorySegment;

/** The gradient of dropout. */
final class DropoutBackwardStep implements Step {
  private final FloatElements elements;
  private final Buffer diffDst;
  private final Buffer mask;
  private final Buffer diffSrc;
  private final long count;
  private final float scale;

  DropoutBackwardStep(OneDnnLowering lowering, DropoutBackward op) {
    elements = FloatElements.of(op.diffDst().dtype());
    diffDst = lowering.buffer(op.diffDst());
    mask = lowering.buffer(op.mask());
    diffSrc = lowering.buffer(op.diffSrc());
    count = op.diffDst().shape().elements();
    scale = (float) (1 / (1 - op.probability()));
  }

  @Override
  public void run() {
    MemorySegment dy = diffDst.segment();
    MemorySegment kept = mask.segment();
    MemorySegment dx = diffSrc.segment();
    for (long i = 0; i < count; i++) {
      float factor = kept.get(JAVA_BYTE, i) * scale;
      elements.set(dx, i, elements.get(dy, i) * factor);
    }
  }
}
