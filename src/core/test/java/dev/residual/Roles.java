package dev.residual;

import dev.residual.graph.Cast;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Graphs whose values are the same but for their role, which decides how a backend keeps them. */
public final class Roles {
  private Roles() {}

  /** The inputs of a graph that are images. */
  static List<Value> images(Graph graph) {
    return graph.values(Role.INPUT).stream().filter(value -> value.shape().rank() == 4).toList();
  }

  /** Each of these values, and all together. */
  static List<List<Value>> subsets(List<Value> values) {
    return Stream.concat(values.stream().map(List::of), Stream.of(values))
        .distinct()
        .filter(some -> !some.isEmpty())
        .toList();
  }

  /** A graph in which these inputs are parameters. */
  static Graph parameters(Graph graph, List<Value> inputs) {
    return changed(
        graph,
        value ->
            inputs.contains(value)
                ? new Value(value.name(), value.shape(), value.dtype(), Role.PARAMETER)
                : value);
  }

  /** A graph that is given what this one casts its inputs to. */
  public static Graph withoutCasts(Graph graph) {
    Set<Value> casts = new HashSet<>();
    for (Op op : graph.ops()) {
      if (op instanceof Cast cast
          && cast.src().role() == Role.INPUT
          && !graph.outputs().contains(cast.dst())) {
        casts.add(cast.dst());
      }
    }
    return changed(
        graph.ops().stream().filter(op -> !casts.contains(op.outputs().getFirst())).toList(),
        graph.outputs(),
        value ->
            casts.contains(value)
                ? Value.input(value.name(), value.shape(), value.dtype())
                : value);
  }

  /** A graph of the same operations on other values. */
  static Graph changed(Graph graph, UnaryOperator<Value> change) {
    return changed(graph.ops(), graph.outputs(), change);
  }

  private static Graph changed(List<Op> ops, List<Value> outputs, UnaryOperator<Value> change) {
    return new Graph(
        ops.stream().map(op -> op.map(change)).toList(), outputs.stream().map(change).toList());
  }
}
