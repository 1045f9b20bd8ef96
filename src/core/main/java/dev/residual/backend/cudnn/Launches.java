package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.graph.Graph;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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

  /** The order of a value's elements: images lie channels last. */
  Layout layout(Value value) {
    return value.shape().rank() != 4 || isBytesOfImages(value)
        ? Layout.ROW_MAJOR
        : Layout.CHANNELS_LAST;
  }

  /** Bytes lie as most callers have them: our kernel reads either order. */
  private boolean isBytesOfImages(Value value) {
    return value.role() == Role.INPUT
        && value.dtype() == DType.U8
        && readers(value).stream().allMatch(Normalize.class::isInstance);
  }

  /** The operations that read a value. */
  List<Op> readers(Value value) {
    return graph.ops().stream().filter(op -> op.inputs().contains(value)).toList();
  }

  /** The operation that computes a value; null for none. */
  @Nullable Op producer(Value value) {
    return graph.ops().stream()
        .filter(op -> op.outputs().contains(value))
        .findFirst()
        .orElse(null);
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
