package dev.residual;

import dev.residual.graph.Cast;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
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
        ops.stream().map(op -> copy(op, change)).toList(), outputs.stream().map(change).toList());
  }

  /** Operations are records, whose components are values, lists of values, or settings. */
  private static Op copy(Op op, UnaryOperator<Value> change) {
    RecordComponent[] components = op.getClass().getRecordComponents();
    try {
      Object[] arguments = new Object[components.length];
      for (int i = 0; i < components.length; i++) {
        arguments[i] = copy(components[i].getAccessor().invoke(op), change);
      }
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      Constructor<? extends Op> constructor = op.getClass().getDeclaredConstructor(types);
      return constructor.newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("no copy of " + op, e);
    }
  }

  private static Object copy(Object component, UnaryOperator<Value> change) {
    return switch (component) {
      case Value value -> change.apply(value);
      case List<?> list -> list.stream().map(element -> copy(element, change)).toList();
      case null -> null;
      default -> component;
    };
  }
}
