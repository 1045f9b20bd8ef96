package dev.residual;

import dev.residual.graph.AllReduce;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/** The rows of what processes do together, of which there is one here. */
final class ExchangeCases {
  private ExchangeCases() {}

  static Stream<OpCase> all() {
    return Stream.of(
        new OpCase("all-reduce 7", 1, t -> sums(Shape.of(7), Shape.of(7))),
        new OpCase("all-reduce 16x3x3x3, 1", 1, t -> sums(Shape.of(16, 3, 3, 3), Shape.of(1))));
  }

  /** F32 whatever the activations are, as gradients of weights. */
  private static Graph sums(Shape one, Shape other) {
    Values values = new Values(DType.F32);
    Value first = values.activation("first", one);
    Value second = values.activation("second", other);
    return new Graph(
        List.of(
            new Relu(values.input("a", one.dims()), first),
            new Relu(values.input("b", other.dims()), second),
            new AllReduce(
                List.of(first, second),
                List.of(values.activation("x", one), values.activation("y", other)))),
        List.of(Value.activation("x", one, DType.F32), Value.activation("y", other, DType.F32)));
  }
}
