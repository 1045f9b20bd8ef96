package dev.residual.backend.reference;

import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/** Values given by hand, and what one operation on the reference backend makes of them. */
abstract class KnownValues {
  final Map<Value, double[]> given = new HashMap<>();

  /** One to nine in a square. */
  final Value square = input("src", Shape.of(1, 1, 3, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9);

  final Value kernel = parameter("weights", Shape.of(1, 1, 2, 2), 1, 2, 3, 4);

  final Value input(String name, Shape shape, double... elements) {
    return give(Value.input(name, shape, DType.F64), elements);
  }

  final Value parameter(String name, Shape shape, double... elements) {
    return give(Value.parameter(name, shape, DType.F64), elements);
  }

  final Value state(String name, Shape shape, double... elements) {
    return give(Value.state(name, shape, DType.F64), elements);
  }

  final Value give(Value value, double... elements) {
    given.put(value, elements);
    return value;
  }

  static Value activation(String name, int... dims) {
    return Value.activation(name, Shape.of(dims), DType.F64);
  }

  /** What a value holds after one run of an operation. */
  final double[] result(Op op, Value value) {
    Graph graph = Graph.of(op);
    try (Session session = new ReferenceBackend().compile(graph)) {
      given.forEach(
          (known, elements) -> {
            if (graph.contains(known)) {
              session.write(known, Tensor.of(known.shape(), elements).to(known.dtype()));
            }
          });
      session.run();
      return session.read(value).toDoubles();
    }
  }
}
