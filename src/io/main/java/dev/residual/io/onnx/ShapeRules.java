package dev.residual.io.onnx;

import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The shapes that nodes ask for. */
final class ShapeRules {
  private ShapeRules() {}

  /**
   * The axes of a node: an attribute first, later an input.
   *
   * @param opset from which on they are an input
   */
  static @Nullable List<Long> axes(Node node, Translation to, int opset) {
    return node.opset() < opset ? node.attributes().longs("axes") : to.integers(node, 1);
  }

  /** The extents that a node gives; 0 copies one of the source, and one -1 takes the rest. */
  static Shape reshape(Node node, Shape src, List<Long> extents, boolean allowZero) {
    long[] dims = new long[extents.size()];
    long known = 1;
    int open = -1;
    for (int i = 0; i < dims.length; i++) {
      long extent = extents.get(i);
      if (extent == 0 && !allowZero) {
        node.require(i < src.rank(), "extent %d is to be copied from %s", i, src);
        extent = src.dim(i);
      }
      node.require(extent > 0 || (extent == -1 && open < 0), "the shape %s for %s", extents, src);
      if (extent == -1) {
        open = i;
      } else {
        node.require(extent <= src.elements() / known, "the shape %s for %s", extents, src);
        known *= extent;
      }
      dims[i] = extent;
    }
    if (open >= 0) {
      dims[open] = src.elements() / known;
      known *= dims[open];
    }
    node.require(known == src.elements(), "the shape %s for %s", extents, src);
    return Shape.of(Arrays.stream(dims).mapToInt(Math::toIntExact).toArray());
  }

  /** Two extents: the product of those before the axis, and of those from it on. */
  static Shape flatten(Node node, Shape src, long axis) {
    node.require(axis >= -src.rank() && axis <= src.rank(), "axis %d of %s", axis, src);
    int end = (int) (axis < 0 ? axis + src.rank() : axis);
    int rows = product(src, 0, end);
    return Shape.of(rows, Math.toIntExact(src.elements() / rows));
  }

  /** The product of extents. */
  static int product(Shape shape, int begin, int end) {
    int product = 1;
    for (int i = begin; i < end; i++) {
      product = Math.multiplyExact(product, shape.dim(i));
    }
    return product;
  }

  /** Without these extents, or without all extents of 1. */
  static Shape squeeze(Node node, Shape src, @Nullable List<Long> axes) {
    List<Integer> dims = new ArrayList<>();
    List<Integer> removed =
        axes == null ? List.of() : axes.stream().map(axis -> node.axis(axis, src.rank())).toList();
    for (int i = 0; i < src.rank(); i++) {
      boolean isRemoved = axes == null ? src.dim(i) == 1 : removed.contains(i);
      node.require(!isRemoved || src.dim(i) == 1, "axis %d of %s cannot be removed", i, src);
      if (!isRemoved) {
        dims.add(src.dim(i));
      }
    }
    return shape(dims);
  }

  /** With extents of 1 at these places of the result. */
  static Shape unsqueeze(Node node, Shape src, List<Long> axes) {
    int rank = src.rank() + axes.size();
    List<Integer> added = axes.stream().map(axis -> node.axis(axis, rank)).sorted().toList();
    node.require(added.stream().distinct().count() == added.size(), "the axes %s", axes);
    List<Integer> dims = Arrays.stream(src.dims()).boxed().collect(Collectors.toList());
    added.forEach(axis -> dims.add(axis, 1));
    return shape(dims);
  }

  /** The shape of a product of matrices, of which either may be a vector. */
  static Shape product(Shape a, Shape b) {
    List<Integer> dims = Arrays.stream(a.dims()).boxed().collect(Collectors.toList());
    dims.removeLast();
    if (b.rank() == 2) {
      dims.add(b.dim(1));
    }
    return shape(dims);
  }

  static Shape shape(List<Integer> dims) {
    return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
  }
}
