package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.engine.Session;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.LongToDoubleFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tensors whose elements an int does not count, or whose bytes 32 bits do not. */
@Tag("slow")
class LargeTensorsTest {
  private static final int CHANNELS = 8;

  /** After so many elements they repeat. */
  private static final int PERIOD = 1 << 20;

  private static final Window HALVES = Window.square(2, 2, 0);

  @ParameterizedTest
  @CsvSource({"BF16, 17000", "F32, 11700"})
  void elementwiseAndPooled(DType dtype, int extent) {
    assumeTrue(dtype == DType.F32 || OneDnnRuntime.hasBf16(), "no bf16 here");
    Value src = Value.input("src", Shape.of(1, CHANNELS, extent, extent), dtype);
    assertThat(src.bytes()).isGreaterThan(1L << 32);
    Tensor given = Tensor.zeros(dtype, src.shape());
    fill(given);

    Value relu = Value.activation("relu", src.shape(), dtype);
    require(run(new Relu(src, relu), given, relu), i -> Math.max(element(i), 0));

    Value pooled = Value.activation("pooled", MaxPool2d.dstShape(src, HALVES), dtype);
    require(
        run(new MaxPool2d(src, pooled, null, HALVES), given, pooled),
        i -> window(i, extent).map(LargeTensorsTest::value).max().orElseThrow());
    require(
        run(new AvgPool2d(src, pooled, HALVES, true), given, pooled),
        i -> window(i, extent).map(LargeTensorsTest::value).sum() / 4.0);

    Value all = Value.activation("all", Shape.of(1, CHANNELS, 1, 1), dtype);
    Tensor mean = run(new GlobalAvgPool(src, all), given, all);
    long positions = (long) extent * extent;
    for (int c = 0; c < CHANNELS; c++) {
      double sum = 0;
      for (long p = 0; p < positions; p++) {
        sum += element(p * CHANNELS + c);
      }
      assertThat(mean.get(c)).isCloseTo(sum / positions, within(0.01));
    }
  }

  /** The indices, channels last, of the four elements that a result of halving stands for. */
  private static LongStream window(long index, int extent) {
    long c = index % CHANNELS;
    long x = index / CHANNELS % (extent / 2);
    long y = index / CHANNELS / (extent / 2);
    return LongStream.of(0, 1, extent, extent + 1)
        .map(offset -> (2 * y * extent + 2 * x + offset) * CHANNELS + c);
  }

  private static double element(long index) {
    return value(index);
  }

  /** Small integers, which BF16 holds, and quarters of their sums too. */
  private static long value(long index) {
    return index % PERIOD * 7919 % 61 - 30;
  }

  private static void fill(Tensor tensor) {
    for (int i = 0; i < PERIOD; i++) {
      tensor.set(i, element(i));
    }
    long period = (long) PERIOD * tensor.dtype().bytes();
    MemorySegment data = tensor.data();
    for (long at = period; at < data.byteSize(); at += period) {
      long bytes = Math.min(period, data.byteSize() - at);
      MemorySegment.copy(data, 0, data, at, bytes);
    }
  }

  /** The result, channels last as it lies; the memory of earlier ones is freed by the collector. */
  private static Tensor run(Op op, Tensor given, Value dst) {
    System.gc();
    Tensor result = Tensor.zeros(dst.dtype(), dst.shape());
    try (Session session = new OneDnnBackend().compile(Graph.of(op))) {
      session.bind(op.inputs().getFirst(), given.data());
      if (result.data().isNative()) {
        session.bind(dst, result.data());
        session.run();
      } else {
        session.run();
        result = session.read(dst);
      }
    }
    return result;
  }

  /** Every 997th element, and the last ones. */
  private static void require(Tensor tensor, LongToDoubleFunction expected) {
    long elements = tensor.shape().elements();
    for (long i = 0; i < elements; i += elements - i < 5000 ? 1 : 997) {
      if (tensor.get(i) != expected.applyAsDouble(i)) {
        assertThat(tensor.get(i)).as("element %d", i).isEqualTo(expected.applyAsDouble(i));
      }
    }
  }
}
