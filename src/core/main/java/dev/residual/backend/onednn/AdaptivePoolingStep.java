package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.AdaptiveAvgPool2dBackward;
import dev.residual.graph.Span;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import java.lang.foreign.MemorySegment;

/**
 * Adaptive average pooling or its gradient, in Java: networks have it on small images alone. Each
 * result is made of all that it depends on, and so rounded once.
 */
final class AdaptivePoolingStep implements Step {
  private final FloatElements elements;
  private final Buffer from;
  private final Buffer to;
  private final Shape source;
  private final Shape result;
  private final long[] fromStrides;
  private final long[] toStrides;
  private final boolean backward;

  private AdaptivePoolingStep(OneDnnLowering lowering, Value src, Value dst, boolean backward) {
    elements = FloatElements.of(src.dtype());
    from = lowering.buffer(src);
    to = lowering.buffer(dst);
    source = src.shape();
    result = dst.shape();
    fromStrides = Strided.strides(source, lowering.layout(src));
    toStrides = Strided.strides(result, lowering.layout(dst));
    this.backward = backward;
  }

  static AdaptivePoolingStep forward(OneDnnLowering lowering, AdaptiveAvgPool2d op) {
    return new AdaptivePoolingStep(lowering, op.src(), op.dst(), false);
  }

  static AdaptivePoolingStep backward(OneDnnLowering lowering, AdaptiveAvgPool2dBackward op) {
    return new AdaptivePoolingStep(lowering, op.diffDst(), op.diffSrc(), true);
  }

  @Override
  public void run() {
    for (int y = 0; y < result.dim(2); y++) {
      for (int x = 0; x < result.dim(3); x++) {
        Span rows = seen(y, 2);
        Span columns = seen(x, 3);
        for (int n = 0; n < result.dim(0); n++) {
          for (int c = 0; c < result.dim(1); c++) {
            long at = n * toStrides[0] + c * toStrides[1] + y * toStrides[2] + x * toStrides[3];
            elements.set(to.segment(), at, (float) sum(n, c, rows, columns));
          }
        }
      }
    }
  }

  private Span seen(int i, int axis) {
    int own = result.dim(axis);
    int other = source.dim(axis);
    return backward
        ? AdaptiveAvgPool2d.partsWith(i, other, own)
        : AdaptiveAvgPool2d.part(i, own, other);
  }

  private double sum(int n, int c, Span rows, Span columns) {
    MemorySegment memory = from.segment();
    double sum = 0;
    for (int y = rows.first(); y < rows.end(); y++) {
      long row = n * fromStrides[0] + c * fromStrides[1] + y * fromStrides[2];
      for (int x = columns.first(); x < columns.end(); x++) {
        double element = elements.get(memory, row + x * fromStrides[3]);
        sum += backward ? element / terms(y, x) : element;
      }
    }
    return backward ? sum : sum / ((double) rows.size() * columns.size());
  }

  /** How many elements the mean of a part is of. */
  private double terms(int y, int x) {
    Span rows = AdaptiveAvgPool2d.part(y, source.dim(2), result.dim(2));
    Span columns = AdaptiveAvgPool2d.part(x, source.dim(3), result.dim(3));
    return (double) rows.size() * columns.size();
  }
}
