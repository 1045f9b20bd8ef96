package dev.residual.backend.onednn;

import static dev.residual.backend.onednn.RandomTensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.Backends;
import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.Session;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Set;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernel itself, whoever would be chosen for these shapes. */
@ExtendWith(HeldInstructions.class)
class KernelWeightGradientsTest {

  @ParameterizedTest(
      name = "{0} images {2}x{2}, {1} to {3} channels, kernel {4} stride {5}, {6} threads")
  @CsvSource({
    "1, 16, 1, 16, 1, 1, 2",
    "2, 16, 9, 32, 3, 1, 1",
    "3, 32, 8, 16, 3, 2, 2",
    "2, 48, 7, 80, 1, 2, 3",
    "2, 64, 15, 64, 3, 1, 2",
    "5, 96, 6, 192, 3, 2, 2",
    "1, 256, 4, 512, 3, 1, 2",
    "1, 512, 3, 512, 1, 1, 1",
    // Few input channels, which are taken together with the columns of the kernel.
    "2, 3, 37, 64, 7, 2, 2",
    "1, 3, 16, 48, 7, 2, 3",
    "2, 7, 9, 16, 1, 2, 2",
    "3, 8, 20, 32, 3, 2, 2",
    "3, 16, 33, 16, 3, 1, 2",
    "2, 32, 9, 32, 3, 1, 2",
    "1, 48, 19, 96, 3, 1, 3",
  })
  void agreesWithTheReference(
      int images, int in, int extent, int out, int kernel, int stride, int threads) {
    for (Algorithm algorithm : new Algorithm[] {Algorithm.DIRECT, Algorithm.WINOGRAD}) {
      for (DType dtype : FloatTypes.ofCpu()) {
        compare(algorithm, dtype, images, in, extent, out, kernel, stride, threads);
      }
    }
  }

  private static void compare(
      Algorithm algorithm,
      DType dtype,
      int images,
      int in,
      int extent,
      int out,
      int kernel,
      int stride,
      int threads) {
    assumeTrue(KernelLibrary.isAvailable(), "Residual's own kernels are not built");
    Window window = Window.square(kernel, stride, kernel / 2);
    Value src = Value.input("src", Shape.of(images, in, extent, extent), dtype);
    Value weights = Value.parameter("weights", Shape.of(out, in, kernel, kernel));
    Value diffDst = Value.input("diffDst", Conv2d.dstShape(src, weights, window), dtype);
    Value diffWeights = Value.activation("diffWeights", weights.shape());
    Graph graph = Graph.of(new Conv2dBackwardWeights(src, diffDst, diffWeights, null, window, 1));
    try (Session kernels =
            OneDnnTarget.compile(graph, new KernelSettings(threads, true, Set.of(algorithm)));
        Session reference = Backends.reference().compile(graph)) {
      for (Value input : new Value[] {src, diffDst}) {
        Tensor tensor = random(input.shape()).to(dtype);
        kernels.write(input, tensor);
        reference.write(input, tensor);
      }
      kernels.run();
      reference.run();
      float[] expected = reference.read(diffWeights).toFloats();
      float[] actual = kernels.read(diffWeights).toFloats();
      double sums = (double) diffDst.shape().elements() / out;
      for (int i = 0; i < expected.length; i++) {
        assertThat(actual[i])
            .as("%d", i)
            .isCloseTo(expected[i], within((float) (1e-6 * sums + 1e-5)));
      }
    }
  }
}
