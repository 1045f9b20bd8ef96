package dev.residual.backend.onednn;

import dev.residual.graph.Cast;
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

/**
 * Casts of parameters that are used only as weights: skipped, because packing converts the type.
 */
final class WeightCasts {
  private final Map<Value, Value> sources = new HashMap<>();

  WeightCasts(Graph graph) {
    Set<Value> stale = new HashSet<>();
    for (Op op : graph.ops()) {
      if (op instanceof Cast cast && cast.src().role() == Role.PARAMETER) {
        sources.put(cast.dst(), cast.src());
      }
      Value weights = Layouts.weights(op);
      List<Value> others = new ArrayList<>(op.inputs());
      if (!stale.contains(weights)) {
        others.remove(weights);
      }
      others.forEach(sources::remove);
      // From here on the parameter holds other elements than were cast.
      List<Value> updates = op.updates();
      sources.forEach(
          (dst, src) -> {
            if (updates.contains(src)) {
              stale.add(dst);
            }
          });
    }
    graph.outputs().forEach(sources::remove);
  }

  /** Whether the cast that computes this value is left out. */
  boolean isOmitted(Value value) {
    return sources.containsKey(value);
  }

  /** The parameter whose cast was left out, or the value itself. */
  Value source(Value weights) {
    return sources.getOrDefault(weights, weights);
  }
}
