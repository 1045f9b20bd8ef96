package dev.residual.inference;

import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import dev.residual.nn.NearNames;
import dev.residual.tensor.DType;
import java.util.List;

/** The values of a graph that a network may compute: floats, with one row for each image. */
final class Rows {
  private Rows() {}

  /**
   * The value of this name.
   *
   * @throws IllegalArgumentException if there is none; the message suggests similar names
   */
  static Value named(String name, Graph graph, Model model) {
    List<Value> rows = of(graph, model.images().shape().dim(0));
    for (Value value : rows) {
      if (value.name().equals(name)) {
        return value;
      }
    }
    throw new IllegalArgumentException(
        "%s computes no rows \"%s\": did you mean %s?"
            .formatted(
                model.name(),
                name,
                String.join(", ", NearNames.of(name, rows.stream().map(Value::name).toList()))));
  }

  private static List<Value> of(Graph graph, int images) {
    return graph.values(Role.ACTIVATION).stream()
        .filter(value -> value.dtype() == DType.F32)
        .filter(value -> value.shape().rank() > 0 && value.shape().dim(0) == images)
        .toList();
  }
}
