package dev.residual;

import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;

/** A shorthand for values of one floating type. */
record Values(DType dtype) {

  Value input(String name, int... dims) {
    return Value.input(name, Shape.of(dims), dtype);
  }

  Value parameter(String name, int... dims) {
    return Value.parameter(name, Shape.of(dims), dtype);
  }

  Value state(String name, int... dims) {
    return Value.state(name, Shape.of(dims), dtype);
  }

  Value activation(String name, int... dims) {
    return activation(name, Shape.of(dims));
  }

  Value activation(String name, Shape shape) {
    return Value.activation(name, shape, dtype);
  }

  /** Computed bytes: a mask or a workspace. */
  Value bytes(String name, Shape shape) {
    return Value.activation(name, shape, DType.U8);
  }

  /** The name of the probabilities of classes, of which no gradient is defined. */
  static final String TARGETS = "targets";

  Value targets(Shape shape) {
    return Value.input(TARGETS, shape, dtype);
  }

  Value labels(int n) {
    return Value.input("labels", Shape.of(n), DType.I32);
  }

  Value random() {
    return Value.state("random", Shape.of(1), DType.I64);
  }
}
