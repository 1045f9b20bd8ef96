package dev.residual.graph.passes;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which operations of a graph can run where another one runs, and nothing else be changed. */
final class Moves {
  private final List<Op> ops;
  private final Map<Op, Integer> places = new IdentityHashMap<>();

  Moves(Graph graph) {
    ops = graph.ops();
    for (int i = 0; i < ops.size(); i++) {
      places.put(ops.get(i), i);
    }
  }

  /**
   * Whether operations can move to the place of another one: none of those in between computes what
   * they read, reads what they compute, or updates what they read, and the other way round. Among
   * each other, they keep their order.
   */
  boolean arePossible(Op to, @Nullable Op... moved) {
    List<@Nullable Op> all = Arrays.asList(moved);
    for (Op op : moved) {
      if (op == null) {
        continue;
      }
      int from = place(op);
      int place = place(to);
      List<Op> between = ops.subList(Math.min(from, place) + 1, Math.max(from, place));
      if (between.stream().anyMatch(other -> !all.contains(other) && excludes(op, other))) {
        return false;
      }
    }
    return true;
  }

  private int place(Op op) {
    Integer place = places.get(op);
    if (place == null) {
      throw new IllegalArgumentException(op + " is not in the graph");
    }
    return place;
  }

  private static boolean excludes(Op op, Op other) {
    return meet(op.outputs(), other.inputs())
        || meet(op.inputs(), other.outputs())
        || meet(op.updates(), other.inputs())
        || meet(op.inputs(), other.updates())
        || meet(op.updates(), other.updates());
  }

  private static boolean meet(List<Value> some, List<Value> others) {
    return !Collections.disjoint(some, others);
  }
}
