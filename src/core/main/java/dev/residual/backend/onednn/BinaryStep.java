package dev.residual.backend.onednn;

import dev.residual.engine.program.Broadcast;
import dev.residual.engine.program.Broadcast.Axis;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Binary;

/** A function of the elements of two tensors, in Java. */
final class BinaryStep implements Step {
  private final Binary op;
  private final Broadcast broadcast;
  private final FloatElements elements;
  private final Buffer src0;
  private final Buffer src1;
  private final Buffer dst;

  BinaryStep(OneDnnLowering lowering, Binary op) {
    this.op = op;
    broadcast = Broadcast.of(op, lowering::layout);
    elements = FloatElements.of(op.dst().dtype());
    src0 = lowering.buffer(op.src0());
    src1 = lowering.buffer(op.src1());
    dst = lowering.buffer(op.dst());
  }

  @Override
  public void run() {
    run(0, 0, 0, 0);
  }

  private void run(int depth, long first, long second, long to) {
    if (depth == broadcast.axes().size()) {
      double a = elements.get(src0.segment(), first);
      double b = elements.get(src1.segment(), second);
      elements.set(dst.segment(), to, (float) op.function().at(a, b));
      return;
    }
    Axis axis = broadcast.axes().get(depth);
    for (int i = 0; i < axis.extent(); i++) {
      run(
          depth + 1,
          first + i * axis.stride0(),
          second + i * axis.stride1(),
          to + i * axis.dstStride());
    }
  }
}
