package dev.residual.djl;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Functions of all elements along an axis. NaN is above all numbers; of equals, the first wins. */
final class Ranking {
  private Ranking() {}

  /** The lines of elements along an axis: their number, length, and places. */
  private record Lines(int length, long inner, long count) {

    static Lines of(Shape shape, int axis) {
      long inner = 1;
      for (int i = axis + 1; i < shape.rank(); i++) {
        inner *= shape.dim(i);
      }
      return new Lines(shape.dim(axis), inner, shape.elements() / shape.dim(axis));
    }

    /** The element of this number of a line. */
    long at(long line, int element) {
      return (line / inner * length + element) * inner + line % inner;
    }
  }

  static Tensor softmax(Tensor src, int axis) {
    Lines lines = Lines.of(src.shape(), Shapes.axis(axis, src.shape().rank()));
    Tensor dst = Tensor.zeros(src.dtype().isFloating() ? src.dtype() : DType.F32, src.shape());
    double[] powers = new double[lines.length];
    for (long line = 0; line < lines.count; line++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < powers.length; i++) {
        powers[i] = src.get(lines.at(line, i));
        max = Math.max(max, powers[i]);
      }
      double sum = 0;
      for (int i = 0; i < powers.length; i++) {
        powers[i] = Math.exp(powers[i] - max);
        sum += powers[i];
      }
      for (int i = 0; i < powers.length; i++) {
        dst.set(lines.at(line, i), powers[i] / sum);
      }
    }
    return dst;
  }

  /** The places of the largest elements, I64, without the axis. */
  static Tensor argMax(Tensor src, int axis) {
    int place = Shapes.axis(axis, src.shape().rank());
    Tensor largest = top(src, 1, place, true);
    return Movement.squeeze(largest, place);
  }

  /** The places of all elements in order of size, I64. */
  static Tensor argSort(Tensor src, int axis, boolean ascending) {
    int place = Shapes.axis(axis, src.shape().rank());
    return top(src, src.shape().dim(place), place, !ascending);
  }

  /** The places of the largest or smallest elements, in order of size, I64. */
  static Tensor top(Tensor src, int k, int axis, boolean largest) {
    int place = Shapes.axis(axis, src.shape().rank());
    Lines lines = Lines.of(src.shape(), place);
    if (k < 1 || k > lines.length) {
      throw new IllegalArgumentException(
          "the top %d along axis %d of %s".formatted(k, axis, src.shape()));
    }
    Tensor dst = Tensor.zeros(DType.I64, src.shape().with(place, k));
    Lines to = Lines.of(dst.shape(), place);
    for (long line = 0; line < lines.count; line++) {
      long from = line;
      Comparator<Integer> bySize =
          Comparator.comparingDouble(element -> src.get(lines.at(from, element)));
      int[] order =
          IntStream.range(0, lines.length)
              .boxed()
              .sorted(largest ? bySize.reversed() : bySize)
              .mapToInt(i -> i)
              .toArray();
      for (int i = 0; i < k; i++) {
        dst.set(to.at(line, i), order[i]);
      }
    }
    return dst;
  }

  /** The elements at these places along an axis. */
  static Tensor pick(Tensor src, Tensor places, int axis) {
    int place = Shapes.axis(axis, src.shape().rank());
    Lines from = Lines.of(src.shape(), place);
    Lines to = Lines.of(places.shape(), place);
    Tensor dst = Tensor.zeros(src.dtype(), places.shape());
    int bytes = src.dtype().bytes();
    for (long line = 0; line < to.count; line++) {
      for (int i = 0; i < to.length; i++) {
        long at = to.at(line, i);
        long picked = from.at(line, (int) places.get(at));
        MemorySegment.copy(src.data(), picked * bytes, dst.data(), at * bytes, bytes);
      }
    }
    return dst;
  }
}
