package dev.residual.backend.cudnn;

import dev.residual.graph.Graph;
import dev.residual.graph.Lerp;
import dev.residual.graph.MuonUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which operations one launch does, on many parameters or states at once. */
final class UpdateGroups {
  private UpdateGroups() {}

  /** The operations that are done together, in order: at the place of the last of them. */
  @SuppressWarnings("unchecked")
  static <T extends Op> List<T> of(Graph graph, T op) {
    if (op instanceof MuonUpdate) {
      return List.of(op);
    }
    Object key = key(op);
    List<T> all =
        graph.ops().stream()
            .filter(other -> op.getClass().isInstance(other) && key(other).equals(key))
            .map(other -> (T) other)
            .toList();
    return mayWait(graph, all) ? all : List.of(op);
  }

  private static Object key(Op op) {
    Value factor = op instanceof ParameterUpdate update ? update.factor() : null;
    Value share = op instanceof Lerp lerp ? lerp.share() : factor;
    return share == null ? op.inputs().getFirst().dtype() : share;
  }

  /**
   * Whether all can be done with the last one: no operation up to it reads what one before it has
   * changed, or changes what one before it has read.
   */
  private static boolean mayWait(Graph graph, List<? extends Op> all) {
    Set<Value> changed = new HashSet<>();
    Set<Value> read = new HashSet<>();
    int left = all.size();
    for (Op op : graph.ops()) {
      if (meets(op.inputs(), changed) || meets(op.updates(), read)) {
        return false;
      }
      if (all.contains(op)) {
        changed.addAll(op.updates());
        read.addAll(op.inputs());
        left--;
        if (left == 0) {
          break;
        }
      }
    }
    return true;
  }

  private static boolean meets(Collection<Value> values, Set<Value> others) {
    return values.stream().anyMatch(others::contains);
  }
}
