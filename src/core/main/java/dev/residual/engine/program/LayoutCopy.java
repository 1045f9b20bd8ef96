package dev.residual.engine.program;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** Copies between row-major and channels-last order. */
public final class LayoutCopy {
  private LayoutCopy() {}

  /** Copies all elements of a value. */
  public static void copy(
      Value value, MemorySegment src, Layout from, MemorySegment dst, Layout to) {
    Shape shape = value.shape();
    if (from == to || shape.rank() != 4) {
      MemorySegment.copy(src, 0, dst, 0, value.bytes());
      return;
    }
    int channels = shape.dim(1);
    long positions = (long) shape.dim(2) * shape.dim(3);
    // Row-major images are matrices of channels by positions, channels-last ones the transposes.
    long rows = from == Layout.ROW_MAJOR ? channels : positions;
    long columns = from == Layout.ROW_MAJOR ? positions : channels;
    long matrix = channels * positions;
    for (int n = 0; n < shape.dim(0); n++) {
      switch (value.dtype().bytes()) {
        case 4 -> transposeInts(src, dst, n * matrix, rows, columns);
        case 2 -> transposeShorts(src, dst, n * matrix, rows, columns);
        case 1 -> transposeBytes(src, dst, n * matrix, rows, columns);
        default -> throw new IllegalArgumentException(value + " has no channels-last order");
      }
    }
  }

  private static void transposeInts(
      MemorySegment src, MemorySegment dst, long start, long rows, long columns) {
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < columns; c++) {
        dst.setAtIndex(
            JAVA_INT_UNALIGNED,
            start + c * rows + r,
            src.getAtIndex(JAVA_INT_UNALIGNED, start + r * columns + c));
      }
    }
  }

  private static void transposeShorts(
      MemorySegment src, MemorySegment dst, long start, long rows, long columns) {
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < columns; c++) {
        dst.setAtIndex(
            JAVA_SHORT_UNALIGNED,
            start + c * rows + r,
            src.getAtIndex(JAVA_SHORT_UNALIGNED, start + r * columns + c));
      }
    }
  }

  private static void transposeBytes(
      MemorySegment src, MemorySegment dst, long start, long rows, long columns) {
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < columns; c++) {
        dst.set(JAVA_BYTE, start + c * rows + r, src.get(JAVA_BYTE, start + r * columns + c));
      }
    }
  }
}
