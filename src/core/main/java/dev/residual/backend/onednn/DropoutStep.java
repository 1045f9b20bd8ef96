package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Dropout;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** Dropout, whose choice of elements follows their row-major index in every layout. */
final class DropoutStep implements Step {
  private final FloatElements elements;
  private final Buffer src;
  private final Buffer random;
  private final Buffer dst;
  private final Buffer mask;
  private final double probability;
  private final long images;
  private final long channels;
  private final long positions;

  DropoutStep(OneDnnLowering lowering, Dropout op) {
    elements = FloatElements.of(op.src().dtype());
    src = lowering.buffer(op.src());
    random = lowering.buffer(op.random());
    dst = lowering.buffer(op.dst());
    mask = lowering.buffer(op.mask());
    probability = op.probability();
    Shape shape = op.src().shape();
    boolean channelsLast = lowering.layout(op.src()) == Layout.CHANNELS_LAST;
    images = channelsLast ? shape.dim(0) : 1;
    channels = channelsLast ? shape.dim(1) : 1;
    positions = shape.elements() / images / channels;
  }

  @Override
  public void run() {
    MemorySegment x = src.segment();
    MemorySegment y = dst.segment();
    MemorySegment kept = mask.segment();
    long seed = random.segment().get(JAVA_LONG, 0);
    random.segment().set(JAVA_LONG, 0, seed + 1);
    float scale = (float) (1 / (1 - probability));
    long at = 0;
    for (long n = 0; n < images; n++) {
      for (long p = 0; p < positions; p++) {
        for (long c = 0; c < channels; c++, at++) {
          boolean keep = Dropout.keeps(seed, (n * channels + c) * positions + p, probability);
          kept.set(JAVA_BYTE, at, (byte) (keep ? 1 : 0));
          elements.set(y, at, elements.get(x, at) * (keep ? scale : 0));
        }
      }
    }
  }
}
