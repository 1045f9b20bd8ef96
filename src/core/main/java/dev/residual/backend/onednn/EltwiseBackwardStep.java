package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.EltwiseBackward;

/** The gradient of a function of each element, in Java. */
final class EltwiseBackwardStep implements Step {
  private final EltwiseBackward op;
  private final FloatElements elements;
  private final long count;
  private final Buffer src;
  private final Buffer diffDst;
  private final Buffer diffSrc;

  EltwiseBackwardStep(OneDnnLowering lowering, EltwiseBackward op) {
    this.op = op;
    elements = FloatElements.of(op.src().dtype());
    count = op.src().shape().elements();
    src = lowering.buffer(op.src());
    diffDst = lowering.buffer(op.diffDst());
    diffSrc = lowering.buffer(op.diffSrc());
  }

  @Override
  public void run() {
    for (long i = 0; i < count; i++) {
      double x = elements.get(src.segment(), i);
      double diff = elements.get(diffDst.segment(), i);
      double gradient = op.function().gradient(x, op.alpha(), op.beta(), diff);
      elements.set(diffSrc.segment(), i, (float) gradient);
    }
  }
}
