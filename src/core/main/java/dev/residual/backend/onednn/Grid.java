package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.residual.graph.Value;
import dev.residual.tensor.Bfloat16;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;

/**
 * The elements of a tensor in memory, by four coordinates; of vectors the first counts, of matrices
 * two.
 */
final class Grid {
  private final MemorySegment memory;
  private final DType dtype;
  private final long[] strides;

  Grid(Value value, Layout layout, MemorySegment memory) {
    this.memory = memory;
    dtype = value.dtype();
    Shape shape = value.shape();
    if (shape.rank() == 1) {
      strides = new long[] {1, 0, 0, 0};
      return;
    }
    long c = shape.dim(1);
    if (shape.rank() == 2) {
      strides = new long[] {c, 1, 0, 0};
      return;
    }
    long h = shape.dim(2);
    long w = shape.dim(3);
    strides =
        layout == Layout.CHANNELS_LAST
            ? new long[] {h * w * c, 1, w * c, c}
            : new long[] {c * h * w, h * w, w, 1};
  }

  double get(long first, long second, long third, long fourth) {
    long index =
        first * strides[0] + second * strides[1] + third * strides[2] + fourth * strides[3];
    return switch (dtype) {
      case F32 -> memory.get(JAVA_FLOAT_UNALIGNED, index * Float.BYTES);
      case BF16 -> Bfloat16.toFloat(memory.get(JAVA_SHORT_UNALIGNED, index * Short.BYTES));
      case U8 -> memory.get(JAVA_BYTE, index) & 0xFF;
      case S8 -> memory.get(JAVA_BYTE, index);
      default -> throw new IllegalArgumentException("no trial has elements of " + dtype);
    };
  }
}
