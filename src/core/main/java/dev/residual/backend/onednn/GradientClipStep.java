package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_squares;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The factor that clips gradients by the norm of all of them: a sum of squares for each. */
final class GradientClipStep implements Step {
  private final GradientClip op;
  private final List<Step> parts = new ArrayList<>();
  private final MemorySegment sums;
  private final @Nullable Buffer given;
  private final Buffer factor;

  GradientClipStep(OneDnnLowering lowering, GradientClip op) {
    this.op = op;
    sums = lowering.primitives().session().allocate(JAVA_DOUBLE, op.gradients().size());
    for (Value gradient : op.gradients()) {
      MemorySegment sum = sums.asSlice(parts.size() * JAVA_DOUBLE.byteSize(), JAVA_DOUBLE);
      parts.add(squares(lowering, gradient, sum));
    }
    Value givenValue = op.given();
    given = givenValue == null ? null : lowering.buffer(givenValue);
    factor = lowering.buffer(op.factor());
  }

  private static Step squares(OneDnnLowering lowering, Value gradient, MemorySegment sum) {
    long elements = gradient.shape().elements();
    Buffer src = lowering.buffer(gradient);
    if (!lowering.settings().kernels()) {
      return () -> sum.set(JAVA_DOUBLE, 0, UpdateLoops.squares(src.segment(), elements));
    }
    MemorySegment squares = residual_squares.allocate(lowering.primitives().session());
    residual_squares.elements(squares, elements);
    residual_squares.sum(squares, sum);
    residual_squares.threads(squares, lowering.settings().threads());
    return new KernelArguments(lowering, squares)
        .point(residual_squares.src$offset(), src)
        .step(Residual.RESIDUAL_SQUARES());
  }

  @Override
  public void run() {
    double before = given == null ? 1 : UpdateLoops.number(given);
    double squares = 0;
    for (int i = 0; i < parts.size() && before != 0; i++) {
      parts.get(i).run();
      squares += sums.getAtIndex(JAVA_DOUBLE, i);
    }
    factor.segment().set(JAVA_FLOAT, 0, (float) op.factor(before, squares));
  }
}
