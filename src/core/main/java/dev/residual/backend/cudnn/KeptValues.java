package dev.residual.backend.cudnn;

import dev.residual.graph.Cast;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Values that hold from run to run, for they follow from parameters alone: they are computed when
 * parameters have been written. So does the half copy of a parameter that is trained, for its
 * update writes that, too.
 */
final class KeptValues {
  private final Set<Value> values = new HashSet<>();
  private final Map<Value, Value> halves = new HashMap<>();

  KeptValues(GraphIndex index) {
    Graph graph = index.graph();
    Set<Value> updated = graph.updated();
    for (Op op : graph.ops()) {
      boolean isConstant = op.inputs().stream().allMatch(value -> isConstant(value, updated));
      boolean isNew = op.outputs().stream().noneMatch(graph.outputs()::contains);
      if (isConstant && isNew && op.updates().isEmpty()) {
        values.addAll(op.outputs());
      }
    }
    for (Op op : graph.ops()) {
      if (op instanceof ParameterUpdate update) {
        keepHalf(index, update);
      }
    }
    values.addAll(halves.values());
  }

  private boolean isConstant(Value value, Set<Value> updated) {
    return values.contains(value) || (value.role() == Role.PARAMETER && !updated.contains(value));
  }

  /** One launch writes halves of one type. */
  private void keepHalf(GraphIndex index, ParameterUpdate update) {
    List<ParameterUpdate> all = UpdateGroups.of(index.graph(), update);
    Value parameter = update.parameter();
    Value half = half(index, parameter);
    if (half != null
        && halves.values().stream().allMatch(other -> other.dtype() == half.dtype())
        && isUpdatedOnce(index.graph(), parameter)
        && isBehindHalves(index, all.getLast())) {
      halves.put(parameter, half);
    }
  }

  /** What a parameter is cast to before anything else reads it; null if it is not. */
  private static @Nullable Value half(GraphIndex index, Value parameter) {
    return parameter.dtype() == DType.F32
            && index.readers(parameter).getFirst() instanceof Cast cast
            && cast.dst().dtype().isHalf()
            && !index.graph().outputs().contains(cast.dst())
        ? cast.dst()
        : null;
  }

  private static boolean isUpdatedOnce(Graph graph, Value parameter) {
    return graph.ops().stream().filter(op -> op.updates().contains(parameter)).count() == 1;
  }

  /** Nothing that comes after it may want the old halves. */
  private static boolean isBehindHalves(GraphIndex index, Op update) {
    List<Op> ops = index.graph().ops();
    return ops.subList(index.position(update) + 1, ops.size()).stream()
        .flatMap(op -> op.inputs().stream())
        .noneMatch(value -> value.dtype().isHalf());
  }

  /** Whether all results of an operation are kept. */
  boolean isKept(Op op) {
    return !op.outputs().isEmpty() && values.containsAll(op.outputs());
  }

  /** Where the update of a parameter writes its half copy; null for nowhere. */
  @Nullable Value half(Value parameter) {
    return halves.get(parameter);
  }
}
