package dev.residual.graph.passes;

import dev.residual.graph.Cast;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The pass that halves the bytes of activations and keeps masters in full precision (Micikevicius
 * et al. 2018, "Mixed Precision Training"; Kalamkar et al. 2019 for bfloat16).
 *
 * <p>Activations and their gradients become {@link DType#BF16} or {@link DType#F16}. Parameters and
 * states, the statistics of batch normalisation, the gradients of parameters, logits and loss stay
 * {@link DType#F32}. All that a caller writes or reads keeps type and name. A {@link Cast} stands
 * where an operation needs the other type. A value is cast once, however many operations read it.
 * Operations that only move or combine elements compute in the narrow type, unless they read what
 * was computed in {@link DType#F32}.
 *
 * <p>Add gradients and the optimiser before this pass, for {@link DType#F16} {@link LossScaling}
 * too, and {@linkplain Fusion fused forms} after it.
 */
public final class MixedPrecision {
  private final DType dtype;
  private final Set<String> names = new HashSet<>();
  private final Set<Value> outputs;
  private final List<Op> ops = new ArrayList<>();

  /** What holds the elements of a value of the original graph in the narrow type. */
  private final Map<Value, Value> narrow = new HashMap<>();

  /** What holds the elements in F32, of values that are computed in the narrow type. */
  private final Map<Value, Value> wide = new HashMap<>();

  /** The values of the original graph that are computed in the narrow type. */
  private final Set<Value> computed = new HashSet<>();

  private MixedPrecision(Graph graph, DType dtype) {
    this.dtype = dtype;
    outputs = new HashSet<>(graph.outputs());
    graph.values().forEach(value -> names.add(value.name()));
  }

  /**
   * The graph with activations of this type.
   *
   * @param graph of {@link DType#F32}: a forward pass or a whole training step
   * @param dtype {@link DType#BF16}; {@link DType#F16}, whose range is small: what of a gradient is
   *     below it becomes 0, against which {@link LossScaling} helps; or {@link DType#F32}, which
   *     changes nothing
   * @throws IllegalArgumentException if the type is another one, or the graph has values of a third
   *     floating type
   */
  public static Graph of(Graph graph, DType dtype) {
    PassCheck check = new PassCheck("Precision");
    check.that(
        dtype == DType.F32 || dtype.isHalf(), "the type is %s, it must be F32, BF16 or F16", dtype);
    if (dtype == DType.F32) {
      return graph;
    }
    for (Value value : graph.values()) {
      boolean isOther = value.dtype() != DType.F32 && value.dtype() != dtype;
      check.that(
          !isOther || !value.dtype().isFloating(), "%s must be F32 to become %s", value, dtype);
    }
    MixedPrecision precision = new MixedPrecision(graph, dtype);
    graph.ops().forEach(precision::add);
    return new Graph(precision.ops, graph.outputs());
  }

  private void add(Op op) {
    ops.add(new PrecisionRule(this, follows(op)).rewritten(op));
    for (Value result : op.outputs()) {
      if (computed.contains(result) && outputs.contains(result)) {
        wide(result);
      }
    }
    // Who reads an updated value later gets its new elements.
    op.updates().forEach(narrow::remove);
  }

  /** Whether an operation that takes either type computes in the narrow type. */
  private boolean follows(Op op) {
    return op.inputs().stream()
        .noneMatch(
            value ->
                value.role() == Role.ACTIVATION
                    && value.dtype() == DType.F32
                    && !computed.contains(value));
  }

  /** The elements of a value in the narrow type; integers as they are. */
  Value narrow(Value value) {
    if (value.dtype() != DType.F32) {
      return value;
    }
    Value known = narrow.get(value);
    return known != null ? known : cast(value, fresh(value, dtype), narrow, value);
  }

  /** The elements of a value in F32; integers as they are. */
  Value wide(Value value) {
    Value held = value.dtype() == dtype ? value : narrow.get(value);
    if (held == null || (value.dtype() == DType.F32 && !computed.contains(value))) {
      return value;
    }
    Value known = wide.get(value);
    if (known != null) {
      return known;
    }
    boolean isRead = value.dtype() == DType.F32 && outputs.contains(value);
    return cast(held, isRead ? value : fresh(value, DType.F32), wide, value);
  }

  /**
   * The result that stands for a value and is computed in the narrow type; integers as they are.
   */
  Value result(Value value) {
    if (value.dtype() != DType.F32) {
      return value;
    }
    Value result =
        outputs.contains(value)
            ? fresh(value, dtype)
            : Value.activation(value.name(), value.shape(), dtype);
    computed.add(value);
    narrow.put(value, result);
    return result;
  }

  private Value cast(Value src, Value dst, Map<Value, Value> known, Value value) {
    ops.add(new Cast(src, dst));
    known.put(value, dst);
    return dst;
  }

  private Value fresh(Value value, DType type) {
    String first = value.name() + "." + type.name().toLowerCase(Locale.ROOT);
    String name = first;
    for (int i = 1; !names.add(name); i++) {
      name = first + "." + i;
    }
    return Value.activation(name, value.shape(), type);
  }
}
