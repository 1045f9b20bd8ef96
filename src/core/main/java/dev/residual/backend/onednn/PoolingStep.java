package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.Objects.requireNonNull;

import dev.residual.backend.onednn.Poolings.Pooling;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Span;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A pooling or its gradient in plain loops, channels last. */
final class PoolingStep implements Step {
  private final Pooling op;
  private final Window window;
  private final FloatElements elements;
  private final Buffer image;
  private final Buffer pooled;
  private final @Nullable Buffer workspace;
  private final boolean isWide;
  private final int channels;
  private final int height;
  private final int width;
  private final int outHeight;
  private final int outWidth;
  private final Span[] rows;
  private final Span[] columns;
  private final Span[] reachingRows;
  private final Span[] reachingColumns;
  private final float[] results;
  private final int[] places;

  PoolingStep(OneDnnLowering lowering, Pooling op, Buffer into) {
    this.op = op;
    window = op.window();
    elements = FloatElements.of(op.image().dtype());
    image = op.backward() ? into : lowering.buffer(op.image());
    pooled = op.backward() ? lowering.buffer(op.pooled()) : into;
    Value winners = op.workspace();
    workspace = winners == null ? null : lowering.buffer(winners);
    isWide = winners != null && winners.dtype() == DType.I32;
    channels = op.image().shape().dim(1);
    height = op.image().shape().dim(2);
    width = op.image().shape().dim(3);
    outHeight = op.pooled().shape().dim(2);
    outWidth = op.pooled().shape().dim(3);
    rows = spans(outHeight, oy -> Span.rows(window, oy, height));
    columns = spans(outWidth, ox -> Span.columns(window, ox, width));
    reachingRows = spans(op.backward() ? height : 0, y -> reaching(y, outHeight, true));
    reachingColumns = spans(op.backward() ? width : 0, x -> reaching(x, outWidth, false));
    results = new float[channels];
    places = new int[channels];
  }

  private static Span[] spans(int count, IntFunction<Span> span) {
    return IntStream.range(0, count).mapToObj(span).toArray(Span[]::new);
  }

  @Override
  public void run() {
    MemorySegment dst = (op.backward() ? image : pooled).segment();
    long at = 0;
    for (int n = 0; n < op.image().shape().dim(0); n++) {
      for (int y = 0; y < op.result().shape().dim(2); y++) {
        for (int x = 0; x < op.result().shape().dim(3); x++) {
          if (op.backward()) {
            gradient(n, y, x);
          } else if (op.isMax()) {
            largest(n, y, x);
            keepPlaces(at);
          } else {
            mean(n, y, x);
          }
          for (int c = 0; c < channels; c++) {
            elements.set(dst, at + c, results[c]);
          }
          at += channels;
        }
      }
    }
  }

  private void largest(int n, int oy, int ox) {
    MemorySegment src = image.segment();
    Arrays.fill(results, Float.NEGATIVE_INFINITY);
    Arrays.fill(places, -1);
    for (int ky = rows[oy].first(); ky < rows[oy].end(); ky++) {
      for (int kx = columns[ox].first(); kx < columns[ox].end(); kx++) {
        long from = element(n, oy, ky, ox, kx);
        for (int c = 0; c < channels; c++) {
          float element = elements.get(src, from + c);
          if (places[c] < 0 || element > results[c] || Float.isNaN(element)) {
            results[c] = element;
            places[c] = ky * window.kernelW() + kx;
          }
        }
      }
    }
  }

  private void keepPlaces(long at) {
    for (int c = 0; c < channels && workspace != null; c++) {
      int place = Math.max(places[c], 0);
      if (isWide) {
        workspace.segment().setAtIndex(JAVA_INT, at + c, place);
      } else {
        workspace.segment().set(JAVA_BYTE, at + c, (byte) place);
      }
    }
  }

  private void mean(int n, int oy, int ox) {
    MemorySegment src = image.segment();
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      for (int ky = rows[oy].first(); ky < rows[oy].end(); ky++) {
        for (int kx = columns[ox].first(); kx < columns[ox].end(); kx++) {
          sum += elements.get(src, element(n, oy, ky, ox, kx) + c);
        }
      }
      results[c] = (float) (sum / terms(oy, ox));
    }
  }

  /** The gradient of one element of the image, from all windows that see it. */
  private void gradient(int n, int y, int x) {
    MemorySegment diff = pooled.segment();
    Arrays.fill(results, 0);
    for (int oy = reachingRows[y].first(); oy < reachingRows[y].end(); oy++) {
      for (int ox = reachingColumns[x].first(); ox < reachingColumns[x].end(); ox++) {
        long down = (long) y + window.padTop() - (long) oy * window.strideH();
        long right = (long) x + window.padLeft() - (long) ox * window.strideW();
        if (down % window.dilationH() != 0 || right % window.dilationW() != 0) {
          continue;
        }
        long place = down / window.dilationH() * window.kernelW() + right / window.dilationW();
        long from = (((long) n * outHeight + oy) * outWidth + ox) * channels;
        double terms = op.isMax() ? 1 : terms(oy, ox);
        for (int c = 0; c < channels; c++) {
          if (!op.isMax() || place(from + c) == place) {
            results[c] += (float) (elements.get(diff, from + c) / terms);
          }
        }
      }
    }
  }

  private int place(long at) {
    MemorySegment winners = requireNonNull(workspace).segment();
    return isWide ? winners.getAtIndex(JAVA_INT, at) : winners.get(JAVA_BYTE, at) & 0xFF;
  }

  /** The positions whose windows reach over an element; with dilation they may leave it out. */
  private Span reaching(int element, int positions, boolean vertical) {
    int kernel = vertical ? window.kernelH() : window.kernelW();
    int stride = vertical ? window.strideH() : window.strideW();
    int dilation = vertical ? window.dilationH() : window.dilationW();
    long last = (long) element + (vertical ? window.padTop() : window.padLeft());
    long low = last - (kernel - 1L) * dilation;
    long first = low > 0 ? (low + stride - 1) / stride : 0;
    int end = (int) Math.min(positions, last / stride + 1);
    return new Span((int) Math.min(first, end), end);
  }

  private long element(int n, int oy, int ky, int ox, int kx) {
    long y = (long) oy * window.strideH() - window.padTop() + (long) ky * window.dilationH();
    long x = (long) ox * window.strideW() - window.padLeft() + (long) kx * window.dilationW();
    return (((long) n * height + y) * width + x) * channels;
  }

  /** How many elements a mean is over; of padding alone, whose sum is 0, any number. */
  private double terms(int oy, int ox) {
    return op.includePadding()
        ? window.kernelElements()
        : Math.max(1, (double) rows[oy].size() * columns[ox].size());
  }
}
