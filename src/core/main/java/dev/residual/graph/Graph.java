package dev.residual.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A computation as data: operations in execution order and the values that a caller may read.
 *
 * <p>Building a graph computes nothing and allocates no tensor. Graphs are immutable and may be
 * shared between threads.
 */
public final class Graph {
  private final List<Op> ops;
  private final List<Value> outputs;
  private final Map<String, Value> values;

  /**
   * A graph of these operations.
   *
   * @param ops in execution order
   * @param outputs the activations that stay readable after a run
   * @throws IllegalArgumentException if a name stands for two values, an activation is read before
   *     it is computed or computed twice, an operation writes an input, parameter or state other
   *     than by an update, or an output is not in the graph
   */
  public Graph(List<Op> ops, Collection<Value> outputs) {
    this.ops = List.copyOf(ops);
    this.outputs = List.copyOf(new LinkedHashSet<>(outputs));
    this.values = check(this.ops, this.outputs);
  }

  /** A graph of one operation, whose results are all readable. */
  public static Graph of(Op op) {
    return new Graph(List.of(op), op.outputs());
  }

  /**
   * A graph of those operations that outputs need.
   *
   * @param ops in execution order; the others are left out
   * @throws IllegalArgumentException as the constructor
   */
  public static Graph needed(List<Op> ops, Collection<Value> outputs) {
    List<Op> kept = new ArrayList<>();
    Set<Value> needed = new HashSet<>(outputs);
    for (Op op : ops.reversed()) {
      if (op.outputs().stream().anyMatch(needed::contains)) {
        kept.addFirst(op);
        needed.addAll(op.inputs());
      }
    }
    return new Graph(kept, outputs);
  }

  /** The operations in execution order. */
  public List<Op> ops() {
    return ops;
  }

  /** The activations that stay readable after a run. */
  public List<Value> outputs() {
    return outputs;
  }

  /** All values, in the order in which operations first name them. */
  public Collection<Value> values() {
    return values.values();
  }

  /** The values of one role, in the order in which operations first name them. */
  public List<Value> values(Role role) {
    return values.values().stream().filter(value -> value.role() == role).toList();
  }

  /**
   * The value of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Value value(String name) {
    Value value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "no value named " + name + " in a graph of " + values.size() + " values");
    }
    return value;
  }

  /** Whether this graph holds this value. */
  public boolean contains(Value value) {
    return value.equals(values.get(value.name()));
  }

  /** The parameters and states that operations change in place. */
  public Set<Value> updated() {
    Set<Value> updated = new HashSet<>();
    ops.forEach(op -> updated.addAll(op.updates()));
    return updated;
  }

  private static Map<String, Value> check(List<Op> ops, List<Value> outputs) {
    Map<String, Value> values = new LinkedHashMap<>();
    Set<Value> computed = new HashSet<>();
    for (Op op : ops) {
      for (Value input : op.inputs()) {
        register(values, input, op);
        if (input.role() == Role.ACTIVATION && !computed.contains(input)) {
          throw new IllegalArgumentException(
              op.kind() + " reads " + input + " before it is computed");
        }
      }
      for (Value output : op.outputs()) {
        register(values, output, op);
        if (output.role() != Role.ACTIVATION) {
          throw new IllegalArgumentException(
              op.kind() + " writes " + output + ", which is an " + output.role() + " value");
        }
        if (!computed.add(output)) {
          throw new IllegalArgumentException(op.kind() + " computes " + output + " again");
        }
      }
      for (Value update : op.updates()) {
        if (update.role() != Role.PARAMETER && update.role() != Role.STATE) {
          throw new IllegalArgumentException(
              op.kind() + " changes " + update + ", which is an " + update.role() + " value");
        }
      }
    }
    for (Value output : outputs) {
      if (!output.equals(values.get(output.name()))) {
        throw new IllegalArgumentException("output " + output + " is not in the graph");
      }
    }
    return values;
  }

  private static void register(Map<String, Value> values, Value value, Op op) {
    Value known = values.putIfAbsent(value.name(), value);
    if (known != null && !known.equals(value)) {
      throw new IllegalArgumentException(
          "%s: the name of %s (%s) stands for %s (%s) already"
              .formatted(op.kind(), value, value.role(), known, known.role()));
    }
  }

  /** Such as {@code graph of 5 operations with outputs [loss F32 scalar]}. */
  @Override
  public String toString() {
    return "graph of %d operations with outputs %s".formatted(ops.size(), outputs);
  }
}
