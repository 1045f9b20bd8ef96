package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Eltwise;

/** A function of each element, in Java. */
final class EltwiseStep implements Step {
  private final Eltwise op;
  private final FloatElements elements;
  private final long count;
  private final Buffer src;
  private final Buffer dst;

  EltwiseStep(OneDnnLowering lowering, Eltwise op) {
    this.op = op;
    elements = FloatElements.of(op.src().dtype());
    count = op.dst().shape().elements();
    src = lowering.buffer(op.src());
    dst = lowering.buffer(op.dst());
  }

  @Override
  public void run() {
    for (long i = 0; i < count; i++) {
      double x = elements.get(src.segment(), i);
      elements.set(dst.segment(), i, (float) op.function().at(x, op.alpha(), op.beta()));
    }
  }
}
