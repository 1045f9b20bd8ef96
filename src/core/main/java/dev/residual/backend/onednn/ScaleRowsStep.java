package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Value;

/** The product of each row and its factor: a scale where it is kept, else 0. */
final class ScaleRowsStep implements Step {
  private final FloatElements elements;
  private final Buffer src;
  private final Buffer mask;
  private final Buffer dst;
  private final long rows;
  private final long row;
  private final float scale;

  ScaleRowsStep(OneDnnLowering lowering, Value src, Value mask, Value dst, float scale) {
    elements = FloatElements.of(src.dtype());
    this.src = lowering.buffer(src);
    this.mask = lowering.buffer(mask);
    this.dst = lowering.buffer(dst);
    rows = mask.shape().elements();
    row = src.shape().elements() / rows;
    this.scale = scale;
  }

  @Override
  public void run() {
    for (long n = 0; n < rows; n++) {
      float factor = mask.segment().get(JAVA_BYTE, n) * scale;
      for (long i = n * row; i < (n + 1) * row; i++) {
        elements.set(dst.segment(), i, elements.get(src.segment(), i) * factor);
      }
    }
  }
}
