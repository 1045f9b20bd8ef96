package dev.residual.io.onnx;

import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a name of an ONNX graph stands for: a constant, or a computed value seen under a shape. A
 * reshape only changes the shape; the value is copied where an operation needs it.
 *
 * @param name the name in the file
 * @param constant the elements, or null if they are computed
 * @param value the elements in row-major order, or null if they are constant
 * @param shape the shape in the file, whose rank may be larger than backends know
 */
record Operand(String name, @Nullable Tensor constant, @Nullable Value value, Shape shape) {

  static Operand constant(String name, Tensor tensor) {
    return new Operand(name, tensor, null, tensor.shape());
  }

  static Operand computed(String name, Value value) {
    return new Operand(name, null, value, value.shape());
  }

  /** The same elements under another name. */
  Operand named(String other) {
    return new Operand(other, constant, value, shape);
  }

  /** The same elements under another shape of as many. */
  Operand reshaped(Shape other) {
    return new Operand(name, constant == null ? null : constant.reshape(other), value, other);
  }

  /** Whether the elements are floating-point numbers. */
  boolean isFloating() {
    return (constant != null ? constant.dtype() : value().dtype()).isFloating();
  }

  /** The computed value, under a shape that may be another. */
  @Override
  public Value value() {
    if (value == null) {
      throw new IllegalStateException(name + " is constant");
    }
    return value;
  }
}
