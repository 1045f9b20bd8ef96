package dev.residual.djl;

import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/** The shapes of arrays, as the Deep Java Library has them and as tensors do; and their axes. */
final class Shapes {
  private Shapes() {}

  static Shape of(dev.residual.tensor.Shape shape) {
    return new Shape(Arrays.stream(shape.dims()).asLongStream().toArray());
  }

  /**
   * The shape of a tensor.
   *
   * @throws IllegalArgumentException if an extent is below 1 or above 2<sup>31</sup> - 1
   */
  static dev.residual.tensor.Shape of(Shape shape) {
    long[] extents = shape.getShape();
    for (long extent : extents) {
      if (extent < 1 || extent > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "an array of shape %s: every extent must be from 1 to 2^31 - 1".formatted(shape));
      }
    }
    return dev.residual.tensor.Shape.of(
        Arrays.stream(extents).mapToInt(Math::toIntExact).toArray());
  }

  /**
   * The place of an axis from the front; negative ones count from the end.
   *
   * @param rank the number of axes
   * @throws IllegalArgumentException if there is none
   */
  static int axis(int axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw new IllegalArgumentException("axis %d of an array of %d".formatted(axis, rank));
    }
    return axis < 0 ? axis + rank : axis;
  }

  /**
   * The shape that an array is to have.
   *
   * @param elements the number of its elements; one extent may be -1 and takes what remains
   * @throws IllegalArgumentException if it has another number
   */
  static dev.residual.tensor.Shape reshaped(long elements, Shape to) {
    long[] extents = to.getShape().clone();
    long known = Arrays.stream(extents).filter(extent -> extent != -1).reduce(1, (a, b) -> a * b);
    for (int i = 0; i < extents.length; i++) {
      if (extents[i] == -1 && known > 0) {
        extents[i] = elements / known;
        known *= extents[i];
      }
    }
    if (known != elements) {
      throw new IllegalArgumentException(
          "%d elements cannot have the shape %s".formatted(elements, to));
    }
    return of(new Shape(extents));
  }
}
