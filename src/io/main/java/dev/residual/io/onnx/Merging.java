package dev.residual.io.onnx;

import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Permutations of axes with as few axes as there can be: those that stay together become one. */
final class Merging {
  /** What backends transpose. */
  private static final int MOST_AXES = 4;

  private Merging() {}

  /**
   * A permutation of few axes.
   *
   * @param shape of the source
   * @param axes the axis of the source that each axis of the result is
   */
  record Merged(Shape shape, List<Integer> axes) {}

  /** Whether a permutation moves extents of 1 alone, so that elements keep their order. */
  static boolean keepsOrder(Shape shape, List<Integer> axes) {
    List<Integer> moved = axes.stream().filter(axis -> shape.dim(axis) > 1).toList();
    return moved.equals(moved.stream().sorted().toList());
  }

  /** A permutation as it is where backends do it, else with merged axes. */
  static Merged of(Node node, Shape shape, List<Integer> axes) {
    if (axes.size() <= MOST_AXES) {
      return new Merged(shape, axes);
    }
    List<List<Integer>> groups = new ArrayList<>();
    for (int axis : axes) {
      if (shape.dim(axis) == 1) {
        continue;
      }
      boolean follows = !groups.isEmpty() && isNext(shape, groups.getLast().getLast(), axis);
      if (follows) {
        groups.getLast().add(axis);
      } else {
        groups.add(new ArrayList<>(List.of(axis)));
      }
    }
    node.require(groups.size() <= MOST_AXES, "a permutation %s of %d axes", axes, groups.size());
    List<List<Integer>> sorted =
        groups.stream().sorted((a, b) -> Integer.compare(a.getFirst(), b.getFirst())).toList();
    List<Integer> dims =
        sorted.stream()
            .map(group -> group.stream().mapToInt(shape::dim).reduce(1, Math::multiplyExact))
            .toList();
    return new Merged(ShapeRules.shape(dims), groups.stream().map(sorted::indexOf).toList());
  }

  /** Whether an axis comes behind another one, but for extents of 1. */
  private static boolean isNext(Shape shape, int axis, int next) {
    if (next <= axis) {
      return false;
    }
    for (int i = axis + 1; i < next; i++) {
      if (shape.dim(i) != 1) {
        return false;
      }
    }
    return true;
  }
}
