package dev.residual.io.onnx;

import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * A view of the elements of a constant.
 *
 * @param shape of the view
 * @param offset the first element
 * @param strides the distance of neighbours along each extent, in elements
 */
record Strided(Shape shape, long offset, List<Long> strides) {

  /** The elements that two shapes, broadcast to a common one, take from each. */
  record Broadcast(Shape shape, Strided first, Strided second) {}

  /** Copies the strides. */
  Strided {
    strides = List.copyOf(strides);
  }

  /** The distance of neighbours along each extent of a tensor. */
  static long[] rowMajor(Shape shape) {
    long[] strides = new long[shape.rank()];
    long stride = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape.dim(i);
    }
    return strides;
  }

  /** The broadcast of two shapes. */
  static Broadcast broadcast(Node node, Shape first, Shape second) {
    int rank = Math.max(first.rank(), second.rank());
    Shape a = ShapeRules.widened(first, rank);
    Shape b = ShapeRules.widened(second, rank);
    Shape joint = a;
    for (int i = 0; i < rank; i++) {
      node.require(
          a.dim(i) == b.dim(i) || a.dim(i) == 1 || b.dim(i) == 1,
          "%s and %s do not broadcast",
          first,
          second);
      joint = joint.with(i, Math.max(a.dim(i), b.dim(i)));
    }
    return new Broadcast(joint, of(a, joint), of(b, joint));
  }

  private static Strided of(Shape shape, Shape joint) {
    long[] strides = rowMajor(shape);
    for (int i = 0; i < strides.length; i++) {
      strides[i] = shape.dim(i) == 1 ? 0 : strides[i];
    }
    return new Strided(joint, 0, boxed(strides));
  }

  static List<Long> boxed(long[] numbers) {
    return Arrays.stream(numbers).boxed().toList();
  }

  /** The element of the tensor that an element of the view is. */
  long at(long index) {
    long place = offset;
    long rest = index;
    for (int i = strides.size() - 1; i >= 0; i--) {
      int dim = shape.dim(i);
      place += rest % dim * strides.get(i);
      rest /= dim;
    }
    return place;
  }

  /** The elements of the view as a tensor of their own. */
  Tensor copy(Tensor src, Shape as) {
    Tensor dst = Tensor.zeros(src.dtype(), as);
    int bytes = src.dtype().bytes();
    int last = strides.size() - 1;
    int inner = last < 0 ? 1 : shape.dim(last);
    long step = last < 0 ? 1 : strides.get(last);
    long elements = as.elements();
    for (long i = 0; i < elements; i += inner) {
      long from = at(i);
      if (step == 1) {
        MemorySegment.copy(src.data(), from * bytes, dst.data(), i * bytes, (long) inner * bytes);
        continue;
      }
      for (int j = 0; j < inner; j++) {
        MemorySegment.copy(
            src.data(), (from + j * step) * bytes, dst.data(), (i + j) * bytes, bytes);
      }
    }
    return dst;
  }
}
