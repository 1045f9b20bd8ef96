package dev.residual.backend.onednn;

import static dev.residual.backend.onednn.RandomTensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.Backends;
import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.Session;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Batch norms whose statistics the convolution before them has summed. */
class NormSumsTest {
  private final Value src = Value.input("src", Shape.of(3, 24, 13, 9));
  private final Value weights = Value.parameter("weights", Shape.of(48, 24, 3, 3));
  private final Value result = Value.activation("result", Shape.of(3, 48, 13, 9));
  private final Conv2d conv =
      new Conv2d(src, weights, null, null, result, Window.square(3, 1, 1), 1, false);

  @ParameterizedTest(name = "{0} images {2}x{2}, {1} to {3} channels, {4}x{4}, {5} threads")
  @CsvSource({
    "1, 16, 3, 64, 1, 2",
    "2, 16, 9, 16, 1, 1",
    "3, 32, 15, 48, 3, 2",
    "9, 16, 21, 128, 1, 3",
    "2, 64, 7, 256, 1, 2",
  })
  void agreeWithTheReference(int images, int in, int extent, int out, int kernel, int threads) {
    assumeTrue(KernelLibrary.isAvailable(), "Residual's own kernels are not built");
    Value pictures = Value.input("images", Shape.of(images, in, extent, extent));
    Value kernels = Value.parameter("weights", Shape.of(out, in, kernel, kernel));
    Value sum = Value.activation("sum", Shape.of(images, out, extent, extent));
    Window window = Window.square(kernel, 1, kernel / 2);
    BatchNorm norm = norm(sum);
    Graph graph =
        new Graph(
            List.of(new Conv2d(pictures, kernels, null, null, sum, window, 1, false), norm),
            List.of(norm.dst(), norm.mean(), norm.variance()));
    KernelSettings settings = new KernelSettings(threads, true, Set.of(Algorithm.DIRECT));
    try (Session session = OneDnnTarget.compile(graph, settings);
        Session reference = Backends.reference().compile(graph)) {
      for (Value value : graph.values()) {
        if (value.role() != Role.ACTIVATION) {
          Tensor tensor = random(value.shape()).to(value.dtype());
          session.write(value, tensor);
          reference.write(value, tensor);
        }
      }
      // Twice: what the first run left must not count again.
      for (int run = 0; run < 2; run++) {
        session.run();
        reference.run();
      }
      for (Value value : List.of(norm.dst(), norm.mean(), norm.variance(), norm.runningMean())) {
        float[] actual = session.read(value).toFloats();
        float[] expected = reference.read(value).toFloats();
        for (int i = 0; i < expected.length; i++) {
          assertThat(actual[i])
              .as("%d of %s", i, value)
              .isCloseTo(expected[i], within(1e-4f * (1 + Math.abs(expected[i]))));
        }
      }
    }
  }

  @Test
  void areForTheOperationThatComesNext() {
    BatchNorm norm = norm(result);
    Graph graph = new Graph(List.of(conv, norm), List.of(norm.dst()));
    assertThat(new NormSums(graph).areWanted(result)).isTrue();
  }

  @Test
  void areNotKeptForAnyOther() {
    BatchNorm norm = norm(result);
    Relu relu = new Relu(src, Value.activation("relu", src.shape()));
    Graph graph = new Graph(List.of(conv, relu, norm), List.of(norm.dst(), relu.dst()));
    assertThat(new NormSums(graph).areWanted(result)).isFalse();
  }

  @Test
  void areThoseOfTheLastConvolution() {
    NormSums sums = new NormSums(new Graph(List.of(conv, norm(result)), List.of(result)));
    assertThat(sums.read(result)).isNull();
    sums.write(result, 1);
    assertThat(sums.read(result)).isNotNull();
    assertThat(sums.read(src)).isNull();
    sums.write(src, 1);
    assertThat(sums.read(result)).isNull();
  }

  private static BatchNorm norm(Value src) {
    return BatchNorm.of("normalised", src);
  }
}
