package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Movement;
import dev.residual.engine.program.Movement.Axis;
import dev.residual.engine.program.Step;
import dev.residual.graph.Value;

/** A copy of elements to other places, in Java. */
final class MovementStep implements Step {
  private final Movement movement;
  private final FloatElements elements;
  private final Buffer src;
  private final Buffer dst;

  MovementStep(OneDnnLowering lowering, Movement movement, Value src, Value dst) {
    this.movement = movement;
    elements = FloatElements.of(src.dtype());
    this.src = lowering.buffer(src);
    this.dst = lowering.buffer(dst);
  }

  @Override
  public void run() {
    copy(0, 0, 0, false);
  }

  private void copy(int depth, long from, long to, boolean isConstant) {
    if (depth == movement.axes().size()) {
      elements.set(
          dst.segment(),
          to,
          isConstant ? (float) movement.value() : elements.get(src.segment(), from));
      return;
    }
    Axis axis = movement.axes().get(depth);
    for (int i = 0; i < axis.extent(); i++) {
      int source = axis.source(i, movement.mode());
      copy(
          depth + 1,
          from + Math.max(source, 0) * axis.srcStride(),
          to + i * axis.dstStride(),
          isConstant || source < 0);
    }
  }
}
