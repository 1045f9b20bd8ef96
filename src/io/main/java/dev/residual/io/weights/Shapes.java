package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.util.Arrays;

/** Checks of shapes that come from files. */
final class Shapes {
  /** The highest rank that is read; real networks stay far below. */
  static final int HIGHEST_RANK = 64;

  private Shapes() {}

  /**
   * The shape of a tensor with these extents.
   *
   * @throws IOException if an extent is not positive or too large, or there are too many
   */
  static Shape of(String tensor, long... dims) throws IOException {
    if (dims.length > HIGHEST_RANK) {
      throw new IOException(
          "tensor %s has rank %d".formatted(FileErrors.quote(tensor), dims.length));
    }
    int[] extents = new int[dims.length];
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] < 1 || dims[i] > Integer.MAX_VALUE) {
        throw new IOException(
            "tensor %s has the shape %s; every extent must be from 1 to %d"
                .formatted(FileErrors.quote(tensor), Arrays.toString(dims), Integer.MAX_VALUE));
      }
      extents[i] = (int) dims[i];
    }
    try {
      return Shape.of(extents);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "tensor %s has the impossible size %s"
              .formatted(FileErrors.quote(tensor), Arrays.toString(dims)),
          e);
    }
  }
}
