package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Normalize;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** The scaling of colours, looked up in a table for each channel. */
final class NormalizeStep implements Step {
  private final FloatElements elements;
  private final Buffer src;
  private final Buffer dst;
  private final float[][] tables;
  private final long count;

  /** How many elements lie between those of neighbouring channels. */
  private final long distance;

  NormalizeStep(OneDnnLowering lowering, Normalize op) {
    Value images = op.src();
    Shape shape = images.shape();
    elements = FloatElements.of(op.dst().dtype());
    src = lowering.buffer(images);
    dst = lowering.buffer(op.dst());
    count = shape.elements();
    boolean isLast = lowering.layout(images) == Layout.CHANNELS_LAST;
    distance = isLast ? 1 : (long) shape.dim(2) * shape.dim(3);
    tables = new float[shape.dim(1)][256];
    for (int c = 0; c < tables.length; c++) {
      for (int v = 0; v < 256; v++) {
        tables[c][v] = (v / 255f - op.mean().get(c)) / op.std().get(c);
      }
    }
  }

  @Override
  public void run() {
    MemorySegment from = src.segment();
    MemorySegment to = dst.segment();
    for (long i = 0; i < count; i++) {
      float[] table = tables[(int) (i / distance % tables.length)];
      elements.set(to, i, table[Byte.toUnsignedInt(from.get(JAVA_BYTE, i))]);
    }
  }
}
