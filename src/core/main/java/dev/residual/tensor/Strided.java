package dev.residual.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * A view of the elements of a tensor.
 *
 * @param shape of the view
 * @param offset the first element
 * @param strides the distance of neighbours along each extent, in elements
 */
public record Strided(Shape shape, long offset, List<Long> strides) {

  /**
   * The elements that two shapes, broadcast to a common one, take from each.
   *
   * @param shape the common shape
   * @param first the view of the first
   * @param second the view of the second
   */
  public record Broadcast(Shape shape, Strided first, Strided second) {}

  /** Copies the strides. */
  public Strided {
    strides = List.copyOf(strides);
  }

  /** A view with these strides. */
  public static Strided of(Shape shape, long offset, long... strides) {
    return new Strided(shape, offset, Arrays.stream(strides).boxed().toList());
  }

  /** The distance of neighbours along each extent of a tensor. */
  public static long[] rowMajor(Shape shape) {
    long[] strides = new long[shape.rank()];
    long stride = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape.dim(i);
    }
    return strides;
  }

  /** The distance of neighbours along each extent of a tensor that lies in a layout. */
  public static long[] strides(Shape shape, Layout layout) {
    if (shape.rank() != 4 || layout == Layout.ROW_MAJOR) {
      return rowMajor(shape);
    }
    long row = (long) shape.dim(3) * shape.dim(1);
    return new long[] {shape.dim(2) * row, 1, row, shape.dim(1)};
  }

  /**
   * The broadcast of two shapes: extents of 1 are repeated, and missing ones at the front are 1.
   *
   * @throws IllegalArgumentException if they do not broadcast
   */
  public static Broadcast broadcast(Shape first, Shape second) {
    int rank = Math.max(first.rank(), second.rank());
    Shape a = widened(first, rank);
    Shape b = widened(second, rank);
    Shape joint = a;
    for (int i = 0; i < rank; i++) {
      if (a.dim(i) != b.dim(i) && a.dim(i) != 1 && b.dim(i) != 1) {
        throw new IllegalArgumentException("%s and %s do not broadcast".formatted(first, second));
      }
      joint = joint.with(i, Math.max(a.dim(i), b.dim(i)));
    }
    return new Broadcast(joint, of(a, joint), of(b, joint));
  }

  /** The shape with extents of 1 before its own, so that it has at least this rank. */
  public static Shape widened(Shape shape, int rank) {
    int[] dims = new int[Math.max(rank, shape.rank())];
    Arrays.fill(dims, 1);
    System.arraycopy(shape.dims(), 0, dims, dims.length - shape.rank(), shape.rank());
    return Shape.of(dims);
  }

  private static Strided of(Shape shape, Shape joint) {
    long[] strides = rowMajor(shape);
    for (int i = 0; i < strides.length; i++) {
      strides[i] = shape.dim(i) == 1 ? 0 : strides[i];
    }
    return of(joint, 0, strides);
  }

  /** The element of the tensor that an element of the view is. */
  public long at(long index) {
    long place = offset;
    long rest = index;
    for (int i = strides.size() - 1; i >= 0; i--) {
      int dim = shape.dim(i);
      place += rest % dim * strides.get(i);
      rest /= dim;
    }
    return place;
  }

  /** The elements of the view as a tensor of its own, with another shape of as many elements. */
  public Tensor copy(Tensor src, Shape as) {
    Tensor dst = Tensor.zeros(src.dtype(), as);
    copy(src.data(), dst.data(), src.dtype().bytes());
    return dst;
  }

  /**
   * Copies the elements of the view, one after the other.
   *
   * @param src the elements that it is a view of
   * @param bytes the size of an element
   */
  public void copy(MemorySegment src, MemorySegment dst, int bytes) {
    int last = strides.size() - 1;
    int inner = last < 0 ? 1 : shape.dim(last);
    long step = last < 0 ? 1 : strides.get(last);
    long elements = shape.elements();
    for (long i = 0; i < elements; i += inner) {
      long from = at(i);
      if (step == 1) {
        MemorySegment.copy(src, from * bytes, dst, i * bytes, (long) inner * bytes);
        continue;
      }
      for (int j = 0; j < inner; j++) {
        MemorySegment.copy(src, (from + j * step) * bytes, dst, (i + j) * bytes, bytes);
      }
    }
  }
}
