package dev.residual.backend.cudnn;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A graph, with who computes and who reads each value. */
final class GraphIndex {
  private final Graph graph;
  private final Map<Value, Op> producers = new HashMap<>();
  private final Map<Value, List<Op>> readers = new HashMap<>();
  private final IdentityHashMap<Op, Integer> positions = new IdentityHashMap<>();

  GraphIndex(Graph graph) {
    this.graph = graph;
    for (Op op : graph.ops()) {
      positions.put(op, positions.size());
      op.outputs().forEach(value -> producers.put(value, op));
      op.inputs().stream()
          .distinct()
          .forEach(value -> readers.computeIfAbsent(value, v -> new ArrayList<>()).add(op));
    }
  }

  Graph graph() {
    return graph;
  }

  /** The operation that computes a value; null for none. */
  @Nullable Op producer(Value value) {
    return producers.get(value);
  }

  /** The operations that read a value, in order. */
  List<Op> readers(Value value) {
    return readers.getOrDefault(value, List.of());
  }

  /** The place of an operation in the order. */
  int position(Op op) {
    return positions.getOrDefault(op, -1);
  }
}
