package dev.residual.backend.onednn;

import dev.residual.engine.MemoryPlan;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Convolutions that write their result over their summand: one buffer instead of two. */
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
      Value src = op.inputs().getFirst();
      Value dst = op.outputs().isEmpty() ? src : op.outputs().getFirst();
      Value add = add(op);
      if (add != null
          && add.role() == Role.ACTIVATION
          && !kept.contains(add)
          && !add.equals(src)
          && add.bytes() == dst.bytes()
          && layouts.of(add) == layouts.of(dst)
          && !graph.outputs().contains(dst)) {
        inPlace.put(dst, add);
      }
      // Seen from the end, what an operation reads is alive before it.
      kept.addAll(op.inputs());
    }
    return inPlace;
  }

  /** Checks that a plan places results over summands, as the primitives assume. */
  static void require(MemoryPlan plan, Map<Value, Value> sums) {
    sums.forEach(
        (dst, add) -> {
          if (!Objects.equals(plan.offsets().get(dst), plan.offsets().get(add))) {
            throw new IllegalStateException(dst + " was not placed over " + add);
          }
        });
  }

  private static @Nullable Value add(Op op) {
    return switch (op) {
      case Conv2d conv -> conv.add();
      case QuantizedConv2d conv -> conv.add();
      default -> null;
    };
  }
}
