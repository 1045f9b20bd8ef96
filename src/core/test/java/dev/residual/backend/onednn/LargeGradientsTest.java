package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.engine.Session;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weight gradients over more positions than floats can sum one by one, and elements than ints. */
@Tag("slow")
class LargeGradientsTest {
  /** Positions after which images repeat. */
  private static final int PERIOD = 10007;

  private static final Window ONE = Window.square(1, 1, 0);

  /** Few channels are oneDNN's, in slices; 16 are our own kernels'. */
  @ParameterizedTest
  @CsvSource({"BF16, 8, 17000", "F32, 8, 11700", "BF16, 16, 12000"})
  void productsOfAllPositionsAreSummed(DType dtype, int channels, int extent) {
    assumeTrue(dtype == DType.F32 || OneDnnRuntime.hasBf16(), "no bf16 here");
    Shape shape = Shape.of(1, channels, extent, extent);
    Value src = Value.input("src", shape, dtype);
    Value diffDst = Value.input("diffDst", shape, dtype);
    Value diffWeights = Value.activation("diffWeights", Shape.of(channels, channels, 1, 1));
    Conv2dBackwardWeights op = new Conv2dBackwardWeights(src, diffDst, diffWeights, null, ONE, 1);
    // The memory of earlier ones is freed by the collector.
    System.gc();
    Tensor images = filled(src, 7919);
    Tensor gradients = filled(diffDst, 6101);
    try (Session session = new OneDnnBackend().compile(Graph.of(op))) {
      session.bind(src, images.data());
      session.bind(diffDst, gradients.data());
      session.run();
      Tensor found = session.read(diffWeights);
      long positions = (long) extent * extent;
      for (int o = 0; o < channels; o++) {
        for (int i = 0; i < channels; i++) {
          double expected = 0;
          for (int p = 0; p < PERIOD; p++) {
            long times = positions / PERIOD + (p < positions % PERIOD ? 1 : 0);
            expected += times * element(images, p, i) * element(gradients, p, o);
          }
          assertThat(found.get((long) o * channels + i) / positions)
              .as("weight %d %d, a position", o, i)
              .isCloseTo(expected / positions, within(1e-3));
        }
      }
    }
  }

  private static double element(Tensor tensor, int position, int channel) {
    return tensor.get((long) position * tensor.shape().dim(1) + channel);
  }

  /** Small integers, channels last, that repeat. */
  private static Tensor filled(Value value, int factor) {
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    long period = (long) PERIOD * value.shape().dim(1);
    for (long i = 0; i < period; i++) {
      tensor.set(i, i * factor % 61 % 7 - 3);
    }
    long bytes = period * value.dtype().bytes();
    for (long at = bytes; at < tensor.data().byteSize(); at += bytes) {
      long length = Math.min(bytes, tensor.data().byteSize() - at);
      tensor.data().asSlice(at, length).copyFrom(tensor.data().asSlice(0, length));
    }
    return tensor;
  }
}
