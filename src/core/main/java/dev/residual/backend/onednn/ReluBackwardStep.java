package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.ReluBackward;
import java.lang.foreign.MemorySegment;

/** The gradient of a ReLU. */
final class ReluBackwardStep implements Step {
  private final FloatElements elements;
  private final Buffer dst;
  private final Buffer diffDst;
  private final Buffer diffSrc;
  private final long count;

  ReluBackwardStep(OneDnnLowering lowering, ReluBackward op) {
    elements = FloatElements.of(op.dst().dtype());
    dst = lowering.buffer(op.dst());
    diffDst = lowering.buffer(op.diffDst());
    diffSrc = lowering.buffer(op.diffSrc());
    count = op.dst().shape().elements();
  }

  @Override
  public void run() {
    MemorySegment y = dst.segment();
    MemorySegment dy = diffDst.segment();
    MemorySegment dx = diffSrc.segment();
    for (long i = 0; i < count; i++) {
      elements.set(dx, i, elements.get(y, i) <= 0 ? 0 : elements.get(dy, i));
    }
  }
}
