package dev.residual.backend.onednn;

import static dev.residual.backend.onednn.RandomTensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.Backends;
import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.Session;
import dev.residual.graph.Cast;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.List;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions by Residual's own kernels, whoever would be chosen for these shapes. */
@ExtendWith(HeldInstructions.class)
class KernelConvolutionsTest {

  @ParameterizedTest(name = "{0} images {2}x{3}, {1} to {4} channels, padding {5}, {6} threads")
  @CsvSource({
    "1, 16, 1, 1, 16, 1, 1",
    "2, 16, 9, 5, 32, 1, 2",
    "3, 32, 8, 8, 16, 1, 2",
    "2, 48, 7, 7, 80, 0, 3",
    "2, 64, 15, 13, 64, 2, 2",
    "1, 128, 4, 4, 256, 1, 2",
    "40, 16, 12, 12, 16, 1, 2",
    "8, 32, 14, 14, 32, 1, 2",
    "1, 32, 14, 16, 96, 1, 2",
    "3, 16, 12, 11, 64, 1, 2",
    "9, 32, 20, 17, 64, 1, 3",
  })
  void winogradAgreesWithTheReference(
      int images, int in, int height, int width, int out, int pad, int threads) {
    Shape src = Shape.of(images, in, height, width);
    compareAll(src, out, Window.square(3, 1, pad), settings(Algorithm.WINOGRAD, threads));
    compareAll(src, out, Window.square(3, 1, pad), settings(Algorithm.WINOGRAD_BF16, threads));
  }

  @ParameterizedTest(
      name = "{0} images {2}x{3}, {1} to {4} channels, {5}x{5}, {6}, {7}, {8} threads")
  @CsvSource({
    "1, 16, 1, 1, 16, 1, 1, 0, 1",
    "3, 32, 9, 7, 64, 1, 1, 0, 2",
    "3, 32, 9, 7, 64, 1, 2, 0, 2",
    "2, 20, 7, 7, 256, 1, 1, 0, 3",
    "2, 7, 5, 8, 48, 1, 1, 1, 2",
    "2, 48, 9, 11, 32, 3, 2, 1, 2",
    "2, 32, 15, 13, 64, 3, 1, 1, 3",
    "2, 3, 21, 17, 64, 7, 2, 3, 2",
    "1, 16, 2, 3, 16, 5, 3, 4, 2",
    "9, 64, 20, 17, 128, 1, 1, 0, 2",
    "1, 64, 7, 7, 96, 1, 1, 0, 2",
    "1, 24, 7, 7, 64, 3, 1, 1, 2",
    "6, 64, 17, 14, 96, 3, 2, 1, 2",
    "5, 32, 11, 10, 16, 4, 3, 2, 3",
    "1, 128, 6, 6, 64, 1, 3, 0, 2",
  })
  void productsOfWindowsAgreeWithTheReference(
      int images,
      int in,
      int height,
      int width,
      int out,
      int kernel,
      int stride,
      int pad,
      int threads) {
    Shape src = Shape.of(images, in, height, width);
    compareAll(src, out, Window.square(kernel, stride, pad), settings(Algorithm.DIRECT, threads));
  }

  private static KernelSettings settings(Algorithm algorithm, int threads) {
    return new KernelSettings(threads, true, Set.of(algorithm));
  }

  private static void compareAll(Shape srcShape, int out, Window window, KernelSettings settings) {
    for (DType dtype : FloatTypes.ofCpu()) {
      Value src = Value.input("src", srcShape, dtype);
      Weights weights =
          new Weights(Shape.of(out, srcShape.dim(1), window.kernelH(), window.kernelW()), dtype);
      Shape dst = Conv2d.dstShape(src, weights.read, window);
      Value add = Value.input("add", dst, dtype);
      Value bias = Value.parameter("bias", Shape.of(out));
      Value sum = Value.activation("sum", dst, dtype);
      compare(weights.graph(conv(src, weights, bias, add, sum, window, true)), settings, dtype);
      compare(weights.graph(conv(src, weights, null, null, sum, window, false)), settings, dtype);
      Value diffDst = Value.input("diffDst", dst, dtype);
      Value diffSrc = Value.activation("diffSrc", srcShape, dtype);
      compare(
          weights.graph(new Conv2dBackwardData(diffDst, weights.read, diffSrc, window, 1)),
          settings,
          dtype);
    }
  }

  private static Conv2d conv(
      Value src,
      Weights weights,
      @Nullable Value bias,
      @Nullable Value add,
      Value dst,
      Window window,
      boolean relu) {
    return new Conv2d(src, weights.read, bias, add, dst, window, 1, relu);
  }

  private static void compare(Graph graph, KernelSettings settings, DType dtype) {
    assumeTrue(KernelLibrary.isAvailable(), "Residual's own kernels are not built");
    try (Session kernels = OneDnnTarget.compile(graph, settings);
        Session reference = Backends.reference().compile(graph)) {
      for (Value value : graph.values()) {
        if (value.role() == Role.ACTIVATION) {
          continue;
        }
        Tensor tensor = random(value.shape()).to(value.dtype());
        kernels.write(value, tensor);
        reference.write(value, tensor);
      }
      kernels.run();
      reference.run();
      Value result = graph.outputs().getFirst();
      float[] expected = reference.read(result).toFloats();
      float[] actual = kernels.read(result).toFloats();
      double size = rootMeanSquare(expected.length, i -> expected[i]);
      double rounding = rounding(settings, dtype);
      assertThat(rootMeanSquare(expected.length, i -> actual[i] - expected[i]))
          .as("the error of %s", result)
          .isLessThanOrEqualTo(rounding / 4 * size);
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) actual[i])
            .as("%d of %s", i, result)
            .isCloseTo(expected[i], within(rounding * (size + Math.abs(expected[i]))));
      }
    }
  }

  /** The error that is allowed, relative to results. */
  private static double rounding(KernelSettings settings, DType dtype) {
    if (dtype == DType.F32) {
      return 2e-5;
    }
    // Results are rounded to bf16, and here in the reference alone weights; transformed factors,
    // too.
    return settings.convolutions().contains(Algorithm.WINOGRAD_BF16) ? 0x1p-5 : 0x1p-6;
  }

  private static double rootMeanSquare(int count, IntToDoubleFunction element) {
    return Math.sqrt(
        IntStream.range(0, count)
            .mapToDouble(element)
            .map(value -> value * value)
            .average()
            .orElse(0));
  }

  /** A parameter, and the value of the images' type that is read. */
  private static final class Weights {
    final Value parameter;
    final Value read;

    Weights(Shape shape, DType dtype) {
      parameter = Value.parameter("weights", shape);
      read = dtype == DType.F32 ? parameter : Value.activation("cast", shape, dtype);
    }

    Graph graph(Op op) {
      return read.equals(parameter)
          ? Graph.of(op)
          : new Graph(List.of(new Cast(parameter, read), op), op.outputs());
    }
  }
}
