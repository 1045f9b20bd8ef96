package dev.residual;

import static org.assertj.core.api.Assertions.fail;

import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Comparing and placing the elements of tensors. */
final class Elements {
  private static final int ALIGNMENT = 64;

  /** What float loses of a few summands of a few hundred. */
  private static final double TIE = 0x1p-13;

  private Elements() {}

  /** How elements agree that are not all finite. */
  enum Agreement {
    /** NaN where NaN is expected, and infinity where infinity is. */
    EXACT,
    /** NaN where NaN is expected; NaN or infinity where infinity is. */
    NOT_FINITE,
    /** The same, and what is expected to be finite may be NaN. */
    LENIENT;

    boolean holds(double wanted, double found, double bound) {
      if (Double.isNaN(wanted)) {
        return Double.isNaN(found);
      }
      if (Double.isInfinite(wanted)) {
        return this == EXACT ? wanted == found : !Double.isFinite(found);
      }
      return Math.abs(wanted - found) <= bound || (this == LENIENT && Double.isNaN(found));
    }
  }

  /** The same where all agree exactly that are not finite. */
  static void requireClose(String what, Tensor expected, Tensor actual, double tolerance) {
    requireClose(what, expected, actual, tolerance, Agreement.EXACT);
  }

  /**
   * Requires all elements to agree.
   *
   * @param tolerance the largest difference, relative to the largest finite element expected;
   *     integers must be equal
   */
  static void requireClose(
      String what, Tensor expected, Tensor actual, double tolerance, Agreement agreement) {
    requireClose(what, expected, actual, tolerance, 0, agreement);
  }

  /**
   * The same for elements that may happen to be small, all of them, as differences of summands that
   * are not.
   *
   * @param usual the size of the summands
   */
  static void requireClose(
      String what,
      Tensor expected,
      Tensor actual,
      double tolerance,
      double usual,
      Agreement agreement) {
    double[] wanted = expected.toDoubles();
    double[] found = actual.toDoubles();
    double largest = usual;
    for (double element : wanted) {
      largest = Double.isFinite(element) ? Math.max(largest, Math.abs(element)) : largest;
    }
    double bound = expected.dtype().isFloating() ? tolerance * largest : 0;
    int worst = -1;
    for (int i = 0; i < wanted.length; i++) {
      boolean isWorse =
          worst < 0 || Math.abs(wanted[i] - found[i]) > Math.abs(wanted[worst] - found[worst]);
      if (!agreement.holds(wanted[i], found[i], bound) && isWorse) {
        worst = i;
      }
    }
    if (worst >= 0) {
      fail(
          "%s: element %d of %s is %s, expected %s, and the bound is %s"
              .formatted(what, worst, expected.shape(), found[worst], wanted[worst], bound));
    }
  }

  /**
   * Requires integers to be the nearest of exact numbers that are in their range. Of a number that
   * lies within what float loses of the middle between two integers either is right.
   */
  static void requireRounded(String what, Tensor exact, Tensor integers, OpCase.Rounding rounding) {
    double least = rounding.type() == DType.U8 ? 0 : -128;
    double most = rounding.type() == DType.U8 ? 255 : 127;
    for (long i = 0; i < exact.shape().elements(); i++) {
      double wanted = Math.clamp(exact.get(i) / rounding.scale(), least, most);
      double found = integers.get(i);
      if (!(Math.abs(found - wanted) <= 0.5 + TIE) || found != Math.rint(found)) {
        fail(
            "%s: element %d of %s is %s, rounded from %s"
                .formatted(what, i, exact.shape(), found, wanted));
      }
    }
  }

  /** Off-heap memory with the elements of a tensor in a layout, fit for binding. */
  static MemorySegment place(SegmentAllocator allocator, Tensor tensor, Layout layout) {
    MemorySegment memory = allocator.allocate(tensor.data().byteSize(), ALIGNMENT);
    int bytes = tensor.dtype().bytes();
    for (long i = 0; i < tensor.shape().elements(); i++) {
      MemorySegment.copy(
          tensor.data(), i * bytes, memory, position(i, tensor.shape(), layout) * bytes, bytes);
    }
    return memory;
  }

  /** The tensor whose elements lie in memory in a layout. */
  static Tensor take(MemorySegment memory, Tensor like, Layout layout) {
    Tensor tensor = Tensor.zeros(like.dtype(), like.shape());
    int bytes = like.dtype().bytes();
    for (long i = 0; i < like.shape().elements(); i++) {
      MemorySegment.copy(
          memory, position(i, like.shape(), layout) * bytes, tensor.data(), i * bytes, bytes);
    }
    return tensor;
  }

  private static long position(long index, Shape shape, Layout layout) {
    if (layout == Layout.ROW_MAJOR) {
      return index;
    }
    long plane = (long) shape.dim(2) * shape.dim(3);
    long channel = index / plane % shape.dim(1);
    long image = index / plane / shape.dim(1);
    return (image * plane + index % plane) * shape.dim(1) + channel;
  }
}
