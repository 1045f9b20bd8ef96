package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What each operation of a graph becomes on a device: pure data, made without one.
 *
 * <p>Of the forms that an operation can take, the first is chosen whose operation graphs all have a
 * plan.
 */
final class Launches {
  private final Graph graph;
  private final Predicate<OperationGraph> hasPlan;
  private final Map<Op, List<Launch>> launches = new IdentityHashMap<>();

  /**
   * The launches of a graph.
   *
   * @param hasPlan whether the device can run an operation graph
   */
  Launches(Graph graph, Predicate<OperationGraph> hasPlan) {
    this.graph = graph;
    this.hasPlan = hasPlan;
    for (Op op : graph.ops()) {
      launches.put(op, List.copyOf(OpLaunches.of(this, op)));
    }
  }

  Graph graph() {
    return graph;
  }

  /** What an operation becomes; empty where others do its work. */
  List<Launch> of(Op op) {
    return launches.getOrDefault(op, List.of());
  }

  /** The first form whose operation graphs all have plans; the last is taken unasked. */
  @SafeVarargs
  final List<Launch> first(Supplier<List<Launch>>... forms) {
    for (int i = 0; i < forms.length - 1; i++) {
      List<Launch> form = forms[i].get();
      if (isPlanned(form)) {
        return form;
      }
    }
    return forms[forms.length - 1].get();
  }

  /** Whether all operation graphs of a form have plans. */
  boolean isPlanned(List<Launch> form) {
    for (Launch launch : form) {
      if (launch instanceof GraphLaunch(OperationGraph operations, Map<String, Value> _)
          && !hasPlan.test(operations)) {
        return false;
      }
    }
    return true;
  }

  /** Launches one after the other. */
  static List<Launch> join(List<Launch> first, List<Launch> second) {
    List<Launch> joint = new ArrayList<>(first);
    joint.addAll(second);
    return joint;
  }
}
