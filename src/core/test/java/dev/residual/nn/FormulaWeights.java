package dev.residual.nn;

import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * The weights and images of the golden runs: numbers that follow from a name by a formula, so that
 * no file is needed.
 */
public final class FormulaWeights {
  private FormulaWeights() {}

  public static Weights of(Graph graph) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Value value : Weights.values(graph)) {
      tensors.put(value.name(), tensor(value.name(), value.dtype(), value.shape(), range(value)));
    }
    return new Weights(tensors);
  }

  /** The first images, in [-1, 1), of a golden run whose batch has this size. */
  public static Tensor images(DType dtype, Shape shape, int batch) {
    return tensor("input/" + shape.with(0, batch), dtype, shape, u -> 2 * u - 1);
  }

  private static DoubleUnaryOperator range(Value value) {
    String name = value.name();
    Shape shape = value.shape();
    if (shape.rank() == 4) {
      double bound = Math.sqrt(6.0 / (shape.dim(1) * shape.dim(2) * shape.dim(3)));
      return u -> (2 * u - 1) * bound;
    }
    if (shape.rank() == 2) {
      double bound = 1 / Math.sqrt(shape.dim(1));
      return u -> (2 * u - 1) * bound;
    }
    return name.endsWith(".weight") || name.endsWith("running_var")
        ? u -> 0.5 + u
        : u -> 0.2 * u - 0.1;
  }

  private static Tensor tensor(String name, DType dtype, Shape shape, DoubleUnaryOperator range) {
    long hash = 0xCBF29CE484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    Tensor tensor = Tensor.zeros(dtype, shape);
    long elements = shape.elements();
    for (long i = 0; i < elements; i++) {
      long z = hash + i + 0x9E3779B97F4A7C15L;
      z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
      z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
      z ^= z >>> 31;
      tensor.set(i, range.applyAsDouble((z >>> 40) * 0x1p-24));
    }
    return tensor;
  }
}
