package dev.residual.backend.cudnn.operation;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What nodes demand of their tensors. */
final class Check {
  private final String node;

  Check(String node) {
    this.node = node;
  }

  IllegalArgumentException failure(String words) {
    return new IllegalArgumentException(node + ": " + words);
  }

  /** Demands four extents, as images and filters have. */
  void image(GraphTensor... tensors) {
    for (GraphTensor tensor : tensors) {
      if (tensor.dims().size() != 4) {
        throw failure("four extents are needed, not " + tensor);
      }
    }
  }

  /** Demands equal extents. */
  void same(GraphTensor a, GraphTensor b) {
    if (!a.dims().equals(b.dims())) {
      throw failure("%s and %s must have the same extents".formatted(a, b));
    }
  }

  /** Demands a number for each channel of an image; tensors may be absent. */
  void channels(GraphTensor image, @Nullable GraphTensor... tensors) {
    image(image);
    List<Long> expected = List.of(1L, image.dims().get(1), 1L, 1L);
    for (GraphTensor tensor : tensors) {
      if (tensor != null && !tensor.dims().equals(expected)) {
        throw failure("%s must have the extents %s of %s".formatted(tensor, expected, image));
      }
    }
  }

  /** Demands one number each; tensors may be absent. */
  void scalar(@Nullable GraphTensor... tensors) {
    for (GraphTensor tensor : tensors) {
      if (tensor != null && tensor.elements() != 1) {
        throw failure(tensor + " must have one element");
      }
    }
  }

  /** Demands that all are there, or none. */
  void together(String names, @Nullable GraphTensor... tensors) {
    long present = Stream.of(tensors).filter(Objects::nonNull).count();
    if (present != 0 && present != tensors.length) {
      throw failure(names + " go together: all are given, or none");
    }
  }

  /** Demands that a tensor can be stretched to another: each extent is equal or 1. */
  void broadcast(GraphTensor from, GraphTensor to) {
    boolean fits = from.dims().size() == to.dims().size();
    for (int i = 0; fits && i < from.dims().size(); i++) {
      long extent = from.dims().get(i);
      fits = extent == 1 || extent == to.dims().get(i);
    }
    if (!fits) {
      throw failure("each extent of %s must be 1 or that of %s".formatted(from, to));
    }
  }

  /** Demands that image, filter and result of a convolution belong together. */
  void convolution(GraphTensor x, GraphTensor w, GraphTensor y, Convolution convolution) {
    image(x, w, y);
    long groups = x.dims().get(1) / w.dims().get(1);
    if (groups * w.dims().get(1) != x.dims().get(1) || w.dims().get(0) % Math.max(groups, 1) != 0) {
      throw failure(
          "channels of %s must be those of %s times a number of groups that divides the filters"
              .formatted(x, w));
    }
    List<Long> expected = new ArrayList<>();
    expected.add(x.dims().get(0));
    expected.add(w.dims().get(0));
    expected.add(convolution.outHeight(x.dims().get(2), w.dims().get(2)));
    expected.add(convolution.outWidth(x.dims().get(3), w.dims().get(3)));
    if (!y.dims().equals(expected)) {
      throw failure("%s with %s and %s gives %s, not %s".formatted(x, w, convolution, expected, y));
    }
  }
}
