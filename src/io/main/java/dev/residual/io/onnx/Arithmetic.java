package dev.residual.io.onnx;

import dev.residual.graph.Binary;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;

/** Functions of constants, with broadcasting. */
final class Arithmetic {
  private Arithmetic() {}

  /** Defines a node as a function of its constant inputs, from the first on. */
  static void fold(Node node, Translation to, Binary.Function function) {
    Tensor result = constant(node, to, 0);
    for (int i = 1; i < node.inputs(); i++) {
      Tensor next = constant(node, to, i);
      node.require(
          result.dtype() == next.dtype(), "%s and %s must have the same type", result, next);
      result = apply(node, result, next, function);
    }
    to.define(node, result);
  }

  static Tensor constant(Node node, Translation to, int input) {
    return node.given(to.constant(node, input), "input " + input);
  }

  private static Tensor apply(Node node, Tensor a, Tensor b, Binary.Function function) {
    return a.dtype().isFloating()
        ? doubles(node, a, b, a.dtype(), function::at)
        : longs(node, a, b, a.dtype(), (x, y) -> at(node, function, x, y));
  }

  private static long at(Node node, Binary.Function function, long a, long b) {
    return switch (function) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> {
        node.require(b != 0, "division by zero");
        yield a / b;
      }
      case MAX -> Math.max(a, b);
      case MIN -> Math.min(a, b);
    };
  }

  static Tensor doubles(Node node, Tensor a, Tensor b, DType type, DoubleBinaryOperator f) {
    Strided.Broadcast shape = Strided.broadcast(a.shape(), b.shape());
    Tensor result = Tensor.zeros(type, shape.shape());
    long elements = shape.shape().elements();
    for (long i = 0; i < elements; i++) {
      result.set(i, f.applyAsDouble(a.get(shape.first().at(i)), b.get(shape.second().at(i))));
    }
    return result;
  }

  static Tensor longs(Node node, Tensor a, Tensor b, DType type, LongBinaryOperator f) {
    Strided.Broadcast shape = Strided.broadcast(a.shape(), b.shape());
    Tensor result = Tensor.zeros(type, shape.shape());
    long elements = shape.shape().elements();
    for (long i = 0; i < elements; i++) {
      Integers.set(
          result,
          i,
          f.applyAsLong(Integers.at(a, shape.first().at(i)), Integers.at(b, shape.second().at(i))));
    }
    return result;
  }

  /** The tensor with every element of a shape that it broadcasts to. */
  static Tensor expand(Node node, Tensor tensor, Shape shape) {
    Strided.Broadcast both = Strided.broadcast(tensor.shape(), shape);
    return both.first().copy(tensor, both.shape());
  }
}
