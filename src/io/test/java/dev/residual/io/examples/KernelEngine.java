package dev.residual.io.examples;

import dev.residual.Backends;
import dev.residual.Kernels;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;

/**
 * Residual as the engine of a framework that has arrays and gradients of its own, and calls
 * operation by operation.
 *
 * <p>Arrays are row-major: images n c h w, filters o i h w. An operation is compiled when its
 * shapes are first met, which in a training is in the first step. Safe for use by several threads
 * at once.
 */
final class KernelEngine implements AutoCloseable {
  /** As many operations as a step has, gradients included; those that are too many are dropped. */
  private static final int CAPACITY = 500;

  private final Kernels kernels =
      Kernels.rowMajor(Backends.cpu(), CompileOptions.DEFAULT, CAPACITY);

  /** Square filters over images. */
  float[] convolution(
      float[] images, Shape shape, float[] filters, Shape filterShape, int stride, int padding) {
    Window window = Window.square(filterShape.dim(2), stride, padding);
    Value weights = Value.parameter("filters", filterShape);
    Conv2d op = Conv2d.of("convolution", Value.input("images", shape), weights, window, 1);
    float[] result = zeros(op.dst());
    kernels.run(op, memory(images), memory(filters), memory(result));
    return result;
  }

  /** The gradient of a loss by the filters, from that by the result. */
  float[] filterGradient(
      float[] images, Shape shape, float[] gradient, Shape filterShape, int stride, int padding) {
    Window window = Window.square(filterShape.dim(2), stride, padding);
    Value src = Value.input("images", shape);
    Value diffWeights = Value.activation("filterGradient", filterShape);
    Value diffDst = Value.input("gradient", Conv2d.dstShape(src, diffWeights, window));
    Conv2dBackwardWeights op =
        new Conv2dBackwardWeights(src, diffDst, diffWeights, null, window, 1);
    float[] result = zeros(diffWeights);
    kernels.run(op, memory(images), memory(gradient), memory(result));
    return result;
  }

  /** The larger of each element and 0. */
  float[] relu(float[] elements) {
    Shape shape = Shape.of(elements.length);
    Relu op = new Relu(Value.input("src", shape), Value.activation("dst", shape));
    float[] result = zeros(op.dst());
    kernels.run(op, memory(elements), memory(result));
    return result;
  }

  private static float[] zeros(Value value) {
    return new float[Math.toIntExact(value.shape().elements())];
  }

  private static MemorySegment memory(float[] elements) {
    return MemorySegment.ofArray(elements);
  }

  @Override
  public void close() {
    kernels.close();
  }
}
