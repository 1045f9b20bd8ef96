package dev.residual.backend.reference;

import dev.residual.tensor.Shape;

/** The coordinates of elements in row-major order. */
final class Coordinates {
  private Coordinates() {}

  /** The coordinates of an index. */
  static int[] of(int index, Shape shape) {
    int[] coordinates = new int[shape.rank()];
    int rest = index;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      coordinates[axis] = rest % shape.dim(axis);
      rest /= shape.dim(axis);
    }
    return coordinates;
  }

  /** The index of coordinates. */
  static int index(int[] coordinates, Shape shape) {
    int index = 0;
    for (int axis = 0; axis < shape.rank(); axis++) {
      index = index * shape.dim(axis) + coordinates[axis];
    }
    return index;
  }

  /** The index of coordinates in a tensor that is broadcast: extents of 1 have one coordinate. */
  static int broadcast(int[] coordinates, Shape shape) {
    int index = 0;
    for (int axis = 0; axis < shape.rank(); axis++) {
      index = index * shape.dim(axis) + (shape.dim(axis) == 1 ? 0 : coordinates[axis]);
    }
    return index;
  }
}
