package dev.residual.backend.reference;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.residual.graph.Value;
import dev.residual.tensor.Bfloat16;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;

/** The elements of one value in row-major order: doubles, but for 64-bit integers. */
final class Buffer {
  final Value value;
  final double[] elements;
  final long[] longs;

  Buffer(Value value) {
    this.value = value;
    int count = Math.toIntExact(value.shape().elements());
    boolean isLong = value.dtype() == DType.I64;
    elements = new double[isLong ? 0 : count];
    longs = new long[isLong ? count : 0];
  }

  long bytes() {
    return 8L * (elements.length + longs.length);
  }

  /** Rounds to the element type what an operation computed in double. */
  void round() {
    if (value.dtype() == DType.F32) {
      for (int i = 0; i < elements.length; i++) {
        elements[i] = (float) elements[i];
      }
    } else if (value.dtype() == DType.BF16) {
      for (int i = 0; i < elements.length; i++) {
        elements[i] = Bfloat16.round((float) elements[i]);
      }
    } else if (value.dtype() == DType.F16) {
      for (int i = 0; i < elements.length; i++) {
        elements[i] = Float.float16ToFloat(Float.floatToFloat16((float) elements[i]));
      }
    }
  }

  /** Takes all elements from memory in some layout. */
  void load(Tensor from, Layout layout) {
    for (int i = 0; i < elements.length; i++) {
      elements[i] = from.get(position(i, layout));
    }
    for (int i = 0; i < longs.length; i++) {
      longs[i] = from.data().get(JAVA_LONG_UNALIGNED, 8L * position(i, layout));
    }
  }

  /** Puts all elements into memory in some layout. */
  void store(Tensor to, Layout layout) {
    for (int i = 0; i < elements.length; i++) {
      to.set(position(i, layout), elements[i]);
    }
    for (int i = 0; i < longs.length; i++) {
      to.data().set(JAVA_LONG_UNALIGNED, 8L * position(i, layout), longs[i]);
    }
  }

  /** Where the element of a row-major index lies in a layout. */
  private int position(int index, Layout layout) {
    if (layout == Layout.ROW_MAJOR) {
      return index;
    }
    int channels = value.shape().dim(1);
    int plane = value.shape().dim(2) * value.shape().dim(3);
    int n = index / plane / channels;
    int c = index / plane % channels;
    return (n * plane + index % plane) * channels + c;
  }
}
