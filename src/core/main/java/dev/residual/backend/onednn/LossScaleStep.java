package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** One step of a dynamic loss scale, over the gradients of all parameters. */
final class LossScaleStep implements Step {
  private final LossScaleUpdate op;
  private final Buffer[] gradients;
  private final long[] elements;
  private final Buffer scale;
  private final Buffer goodSteps;
  private final @Nullable Buffer given;
  private final Buffer factor;

  LossScaleStep(OneDnnLowering lowering, LossScaleUpdate op) {
    this.op = op;
    gradients = op.gradients().stream().map(lowering::buffer).toArray(Buffer[]::new);
    elements = op.gradients().stream().mapToLong(value -> value.shape().elements()).toArray();
    scale = lowering.buffer(op.scale());
    goodSteps = lowering.buffer(op.goodSteps());
    Value givenValue = op.given();
    given = givenValue == null ? null : lowering.buffer(givenValue);
    factor = lowering.buffer(op.factor());
  }

  @Override
  public void run() {
    float already = given == null ? 1 : UpdateLoops.number(given);
    if (already == 0) {
      factor.segment().set(JAVA_FLOAT, 0, 0);
      return;
    }
    boolean isFinite = areFinite();
    float before = scale.segment().get(JAVA_FLOAT, 0);
    int good = goodSteps.segment().get(JAVA_INT, 0);
    factor
        .segment()
        .set(JAVA_FLOAT, 0, (float) (already * LossScaleUpdate.factor(before, isFinite)));
    scale.segment().set(JAVA_FLOAT, 0, (float) op.nextScale(before, good, isFinite));
    goodSteps.segment().set(JAVA_INT, 0, op.nextGoodSteps(before, good, isFinite));
  }

  private boolean areFinite() {
    for (int i = 0; i < gradients.length; i++) {
      if (!isFinite(gradients[i].segment(), elements[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean isFinite(MemorySegment gradient, long elements) {
    boolean isFinite = true;
    for (long i = 0; i < elements; i++) {
      isFinite &= Float.isFinite(gradient.getAtIndex(JAVA_FLOAT, i));
    }
    return isFinite;
  }
}
