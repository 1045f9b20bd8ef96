package dev.residual.backend.onednn;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The convolutions that add into the tensor which they add, so that one buffer is read and written
 * where there would be two.
 */
final class InPlaceSums {
  private InPlaceSums() {}

  /**
   * The value that each result computed in place replaces: one that nothing reads afterwards.
   * Outputs of the graph keep memory of their own, for they can be bound to the caller's.
   */
  static Map<Value, Value> of(Graph graph, Layouts layouts) {
    Set<Value> kept = new HashSet<>(graph.outputs());
    Map<Value, Value> inPlace = new HashMap<>();
    List<Op> ops = graph.ops();
    for (int i = ops.size() - 1; i >= 0; i--) {
      Op op = ops.get(i);
      if (op instanceof Conv2d conv
          && conv.add() != null
          && conv.add().role() == Role.ACTIVATION
          && !kept.contains(conv.add())
          && !conv.add().equals(conv.src())
          && layouts.of(conv.add()) == layouts.of(conv.dst())
          && !graph.outputs().contains(conv.dst())) {
        inPlace.put(conv.dst(), conv.add());
      }
      // Seen from the end, what an operation reads is alive before it.
      kept.addAll(op.inputs());
    }
    return inPlace;
  }
}
