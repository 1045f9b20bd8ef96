package dev.residual.io.onnx;

import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * How many images a file is for, and how many it is read for: PyTorch writes the number of its
 * example into the shapes that a file gives, if it is not told that others will come.
 */
record Rows(int file, int given) {
  static final Rows SAME = new Rows(1, 1);

  /**
   * The extents that a node gives for a computed value, with the given number of images for that of
   * the file if they are too few or too many otherwise.
   */
  List<Long> in(List<Long> extents, Shape src) {
    if (file == given
        || extents.isEmpty()
        || extents.getFirst() != file
        || src.rank() == 0
        || src.dim(0) != given) {
      return extents;
    }
    boolean isOpen = extents.contains(-1L);
    long elements = extents.stream().reduce(1L, (a, b) -> a * b);
    if (!isOpen && elements == src.elements()) {
      return extents;
    }
    List<Long> fitting = new ArrayList<>(extents);
    fitting.set(0, (long) given);
    return fitting;
  }
}
