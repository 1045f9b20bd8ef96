package dev.residual.djl;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * Functions of single elements, computed in double and rounded once. Two shapes broadcast.
 *
 * <p>Results are floats, as PyTorch's: of the type that is given if that is one, of the wider of
 * two, F32 of integers, F64 of integers and a double.
 */
final class Elementwise {
  private Elementwise() {}

  static Tensor unary(Tensor src, DType type, DoubleUnaryOperator function) {
    Tensor dst = Tensor.zeros(type, src.shape());
    for (long i = 0; i < src.shape().elements(); i++) {
      dst.set(i, function.applyAsDouble(src.get(i)));
    }
    return dst;
  }

  static Tensor binary(Tensor a, Number b, DoubleBinaryOperator function) {
    double value = b.doubleValue();
    DType type = !a.dtype().isFloating() && b instanceof Double ? DType.F64 : floating(a.dtype());
    return unary(a, type, x -> function.applyAsDouble(x, value));
  }

  static Tensor binary(Tensor a, Tensor b, DoubleBinaryOperator function) {
    Strided.Broadcast both = Strided.broadcast(a.shape(), b.shape());
    Shape shape = both.shape();
    Tensor dst = Tensor.zeros(joint(a.dtype(), b.dtype()), shape);
    for (long i = 0; i < shape.elements(); i++) {
      double x = a.get(both.first().at(i));
      dst.set(i, function.applyAsDouble(x, b.get(both.second().at(i))));
    }
    return dst;
  }

  /** The elements in another type; floats become integers by cutting off, as everywhere in C. */
  static Tensor convert(Tensor src, DType type) {
    return src.dtype().isFloating() && !type.isFloating()
        ? unary(src, type, x -> x < 0 ? Math.ceil(x) : Math.floor(x))
        : src.to(type);
  }

  private static DType floating(DType type) {
    return type.isFloating() ? type : DType.F32;
  }

  private static DType joint(DType a, DType b) {
    if (a == b || !b.isFloating()) {
      return floating(a);
    }
    if (!a.isFloating()) {
      return b;
    }
    return a == DType.F64 || b == DType.F64 ? DType.F64 : DType.F32;
  }
}
