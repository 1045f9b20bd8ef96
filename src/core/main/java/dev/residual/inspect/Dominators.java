package dev.residual.inspect;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The values of a network through which all ways from its images to its logits go. */
final class Dominators {
  private Dominators() {}

  /**
   * Those of a graph whose every operation is needed, in the order of computation.
   *
   * <p>A value is one if nothing else that exists when it is computed is read afterwards.
   */
  static List<Value> of(Graph graph) {
    Map<Value, Integer> lastRead = new HashMap<>();
    List<Op> ops = graph.ops();
    for (int i = 0; i < ops.size(); i++) {
      for (Value value : ops.get(i).inputs()) {
        lastRead.put(value, i);
      }
    }
    graph.outputs().forEach(value -> lastRead.put(value, ops.size()));
    Set<Value> alive = new HashSet<>(graph.values(Role.INPUT));
    List<Value> dominators = new ArrayList<>();
    for (int i = 0; i < ops.size(); i++) {
      int now = i;
      alive.addAll(ops.get(i).outputs());
      alive.removeIf(value -> lastRead.getOrDefault(value, 0) <= now);
      if (alive.size() == 1) {
        alive.stream().filter(ops.get(i).outputs()::contains).forEach(dominators::add);
      }
    }
    return dominators;
  }
}
