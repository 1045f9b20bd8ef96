package dev.residual.djl;

import ai.djl.ndarray.index.full.NDIndexFullSlice;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Elements in other places, bit for bit. Negative axes count from the end. */
final class Movement {
  private Movement() {}

  /**
   * Every {@code step}-th element along each axis, from {@code first} on.
   *
   * @param dims how many
   */
  static Tensor slice(Tensor src, long[] first, long[] step, int... dims) {
    long[] strides = Strided.rowMajor(src.shape());
    long offset = 0;
    for (int i = 0; i < strides.length; i++) {
      long last = first[i] + (dims[i] - 1) * step[i];
      int extent = src.shape().dim(i);
      if (Math.min(first[i], last) < 0 || Math.max(first[i], last) >= extent) {
        throw new IndexOutOfBoundsException(
            "elements %d to %d of axis %d of %s".formatted(first[i], last, i, src.shape()));
      }
      offset += first[i] * strides[i];
      strides[i] *= step[i];
    }
    Shape shape = Shape.of(dims);
    return Strided.of(shape, offset, strides).copy(src, shape);
  }

  static Tensor slice(Tensor src, NDIndexFullSlice parts) {
    int[] dims = Shapes.of(parts.getShape()).dims();
    return slice(src, parts.getMin(), parts.getStep(), dims)
        .reshape(Shapes.of(parts.getSqueezedShape()));
  }

  static Tensor flip(Tensor src, int... axes) {
    int rank = src.shape().rank();
    long[] first = new long[rank];
    long[] step = new long[rank];
    Arrays.fill(step, 1);
    for (int axis : axes) {
      int place = Shapes.axis(axis, rank);
      first[place] = src.shape().dim(place) - 1;
      step[place] = -1;
    }
    return slice(src, first, step, src.shape().dims());
  }

  /** The axes in reverse, or in this order. */
  static Tensor transpose(Tensor src, int... axes) {
    int rank = src.shape().rank();
    int[] order =
        axes.length == 0
            ? IntStream.range(0, rank).map(i -> rank - 1 - i).toArray()
            : Arrays.stream(axes).map(axis -> Shapes.axis(axis, rank)).toArray();
    if (Arrays.stream(order).distinct().count() != rank || order.length != rank) {
      throw new IllegalArgumentException(
          "axes %s of an array %s: expected each once"
              .formatted(Arrays.toString(axes), src.shape()));
    }
    long[] strides = Strided.rowMajor(src.shape());
    Shape shape = Shape.of(Arrays.stream(order).map(src.shape()::dim).toArray());
    return Strided.of(shape, 0, Arrays.stream(order).mapToLong(i -> strides[i]).toArray())
        .copy(src, shape);
  }

  static Tensor broadcast(Tensor src, Shape to) {
    Strided.Broadcast both = Strided.broadcast(src.shape(), to);
    if (!both.shape().equals(to)) {
      throw new IllegalArgumentException("%s does not broadcast to %s".formatted(src.shape(), to));
    }
    return both.first().copy(src, to);
  }

  /** Without axes of one element: these, or all if none is given. */
  static Tensor squeeze(Tensor src, int... axes) {
    int rank = src.shape().rank();
    boolean[] gone = new boolean[rank];
    for (int axis : axes) {
      int place = Shapes.axis(axis, rank);
      if (src.shape().dim(place) != 1) {
        throw new IllegalArgumentException(
            "axis %d of %s has more than one element".formatted(axis, src.shape()));
      }
      gone[place] = true;
    }
    int[] dims =
        IntStream.range(0, rank)
            .filter(i -> axes.length == 0 ? src.shape().dim(i) != 1 : !gone[i])
            .map(src.shape()::dim)
            .toArray();
    return src.reshape(Shape.of(dims));
  }

  /** So many parts of equal length. */
  static List<Tensor> split(Tensor src, long parts, int axis) {
    int place = Shapes.axis(axis, src.shape().rank());
    int extent = src.shape().dim(place);
    if (parts < 1 || extent % parts != 0) {
      throw new IllegalArgumentException(
          "axis %d of %s cannot be split into %d equal parts".formatted(axis, src.shape(), parts));
    }
    long length = extent / parts;
    return split(src, IntStream.range(1, (int) parts).mapToLong(i -> i * length).toArray(), axis);
  }

  /** Parts that begin at 0 and at each of these places. */
  static List<Tensor> split(Tensor src, long[] begins, int axis) {
    int place = Shapes.axis(axis, src.shape().rank());
    long[] step = new long[src.shape().rank()];
    Arrays.fill(step, 1);
    List<Tensor> parts = new ArrayList<>();
    long[] first = new long[step.length];
    for (int i = 0; i <= begins.length; i++) {
      long end = i < begins.length ? begins[i] : src.shape().dim(place);
      int[] dims = src.shape().with(place, Math.toIntExact(end - first[place])).dims();
      parts.add(slice(src, first, step, dims));
      first[place] = end;
    }
    return parts;
  }

  /** Tensors one after the other along an axis; type and other extents must agree. */
  static Tensor concat(List<Tensor> all, int axis) {
    Tensor head = all.getFirst();
    int place = Shapes.axis(axis, head.shape().rank());
    int extent = 0;
    for (Tensor each : all) {
      boolean fits =
          each.dtype() == head.dtype()
              && each.shape().rank() == head.shape().rank()
              && each.shape().with(place, 1).equals(head.shape().with(place, 1));
      if (!fits) {
        throw new IllegalArgumentException(
            "%s and %s cannot be joined along axis %d".formatted(head, each, axis));
      }
      extent = Math.addExact(extent, each.shape().dim(place));
    }
    Tensor dst = Tensor.zeros(head.dtype(), head.shape().with(place, extent));
    long rows = 1;
    for (int i = 0; i < place; i++) {
      rows *= head.shape().dim(i);
    }
    long to = 0;
    for (long row = 0; row < rows; row++) {
      for (Tensor each : all) {
        long bytes = each.data().byteSize() / rows;
        MemorySegment.copy(each.data(), row * bytes, dst.data(), to, bytes);
        to += bytes;
      }
    }
    return dst;
  }

  /** Tensors of one shape along a new axis. */
  static Tensor stack(List<Tensor> all, int axis) {
    int place = Shapes.axis(axis, all.getFirst().shape().rank() + 1);
    List<Tensor> rows = new ArrayList<>();
    for (Tensor each : all) {
      int[] dims = new int[each.shape().rank() + 1];
      for (int i = 0; i < dims.length; i++) {
        dims[i] = i == place ? 1 : each.shape().dim(i < place ? i : i - 1);
      }
      rows.add(each.reshape(Shape.of(dims)));
    }
    return concat(rows, place);
  }
}
