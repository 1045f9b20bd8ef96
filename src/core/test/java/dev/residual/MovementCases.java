package dev.residual;

import dev.residual.graph.Graph;
import dev.residual.graph.Pad;
import dev.residual.graph.Slice;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/** The rows of operations that copy elements to other places. */
final class MovementCases {
  private MovementCases() {}

  static Stream<OpCase> all() {
    Shape images = Shape.of(2, 5, 7, 9);
    return Stream.of(
        transpose(images, 0, 2, 3, 1),
        transpose(images, 0, 3, 1, 2),
        transpose(images, 3, 2, 1, 0),
        transpose(Shape.of(2, 16, 3, 3), 1, 0, 2, 3),
        transpose(Shape.of(3, 4, 5), 2, 0, 1),
        transpose(Shape.of(3, 10), 1, 0),
        slice(images, Shape.of(2, 5, 3, 9), List.of(0, 0, 1, 0), List.of(1, 1, 2, 1)),
        slice(images, Shape.of(1, 2, 7, 9), List.of(1, 3, 0, 0), List.of(1, 1, 1, 1)),
        slice(images, Shape.of(2, 3, 7, 9), List.of(0, 4, 6, 8), List.of(1, -2, -1, -1)),
        slice(Shape.of(3, 10), Shape.of(2, 5), List.of(1, 1), List.of(1, 2)),
        slice(Shape.of(9), Shape.of(3), List.of(8), List.of(-3)),
        pad(images, Shape.of(2, 5, 10, 12), List.of(0, 0, 1, 2), Pad.Mode.CONSTANT, 0),
        pad(images, Shape.of(3, 9, 7, 9), List.of(0, 2, 0, 0), Pad.Mode.CONSTANT, -1.5),
        pad(images, Shape.of(2, 5, 12, 13), List.of(0, 0, 2, 4), Pad.Mode.EDGE, 0),
        pad(images, Shape.of(2, 5, 12, 13), List.of(0, 0, 2, 4), Pad.Mode.REFLECT, 0),
        pad(Shape.of(3, 4), Shape.of(3, 9), List.of(0, 3), Pad.Mode.REFLECT, 0),
        pad(Shape.of(2, 3, 4), Shape.of(2, 6, 4), List.of(0, 1, 0), Pad.Mode.EDGE, 0));
  }

  private static OpCase transpose(Shape s, Integer... axes) {
    return new OpCase(
        "transpose " + s + " to " + List.of(axes),
        1,
        t -> {
          Values values = new Values(t);
          Value src = values.input("src", s.dims());
          Shape shape = Transpose.dstShape(src, List.of(axes));
          return Graph.of(new Transpose(src, values.activation("dst", shape), List.of(axes)));
        });
  }

  private static OpCase slice(Shape s, Shape to, List<Integer> starts, List<Integer> steps) {
    return new OpCase(
        "slice %s to %s from %s by %s".formatted(s, to, starts, steps),
        1,
        t -> {
          Values values = new Values(t);
          Value src = values.input("src", s.dims());
          return Graph.of(new Slice(src, values.activation("dst", to), starts, steps));
        });
  }

  private static OpCase pad(Shape s, Shape to, List<Integer> before, Pad.Mode mode, double value) {
    return new OpCase(
        "pad %s to %s from %s %s %s".formatted(s, to, before, mode, value),
        1,
        t -> {
          Values values = new Values(t);
          Value src = values.input("src", s.dims());
          return Graph.of(new Pad(src, values.activation("dst", to), before, mode, value));
        });
  }
}
