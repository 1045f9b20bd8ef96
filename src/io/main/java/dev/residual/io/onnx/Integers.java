package dev.residual.io.onnx;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.List;

/** Whole numbers in tensors, exactly. */
final class Integers {
  private Integers() {}

  /** The element of an integer tensor. */
  static long at(Tensor tensor, long index) {
    return tensor.dtype() == DType.I64
        ? tensor.data().get(JAVA_LONG_UNALIGNED, index * Long.BYTES)
        : (long) tensor.get(index);
  }

  /** Sets an element of an integer tensor. */
  static void set(Tensor tensor, long index, long number) {
    if (tensor.dtype() == DType.I64) {
      tensor.data().set(JAVA_LONG_UNALIGNED, index * Long.BYTES, number);
    } else {
      tensor.set(index, number);
    }
  }

  /** A vector of these numbers, at least one. */
  static Tensor vector(List<Long> numbers) {
    Tensor tensor = Tensor.zeros(DType.I64, Shape.of(numbers.size()));
    for (int i = 0; i < numbers.size(); i++) {
      set(tensor, i, numbers.get(i));
    }
    return tensor;
  }
}
