package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Labels;
import dev.residual.engine.program.Step;
import dev.residual.graph.Op;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** A check that every label is a class, and a step that reads labels after it, if there is one. */
final class LabelCheck implements Step {
  private final Labels read;
  private final IntUnaryOperator labels;
  private final @Nullable IntUnaryOperator rows;
  private final @Nullable Step step;

  LabelCheck(OneDnnLowering lowering, Labels read, @Nullable Step step) {
    this.read = read;
    this.step = step;
    labels = elements(lowering.buffer(read.value()));
    rows = read.rows() == null ? null : elements(lowering.buffer(read.rows()));
  }

  private static IntUnaryOperator elements(Buffer buffer) {
    return i -> buffer.segment().getAtIndex(JAVA_INT, i);
  }

  @Override
  public String implementation(Op op) {
    return step == null ? "java" : step.implementation(op);
  }

  @Override
  public void run() {
    int ignored = read.check(labels, rows);
    if (step != null) {
      step.run();
    }
  }
}
