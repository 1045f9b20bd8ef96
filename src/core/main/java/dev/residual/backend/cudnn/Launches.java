package dev.residual.backend.cudnn;

import static java.util.Objects.requireNonNull;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.graph.Add;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Graph;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.util.ArrayList;
import java.util.HashMap;
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
  /** All lists of patterns. */
  static final int ALL = 3;

  private final GraphIndex index;
  private final Predicate<OperationGraph> hasPlan;
  private final KeptValues kept;
  private final NormForms forms;
  private final IdentityHashMap<Op, Value> accumulated = new IdentityHashMap<>();
  private final Map<Value, Value> aliases = new HashMap<>();
  private final IdentityHashMap<Op, List<Launch>> launches = new IdentityHashMap<>();

  /**
   * The launches of a graph.
   *
   * @param hasPlan whether the device can run an operation graph
   * @param list the last list of patterns to try, 1 to {@link #ALL}
   */
  Launches(Graph graph, Predicate<OperationGraph> hasPlan, int list) {
    this.hasPlan = hasPlan;
    index = new GraphIndex(graph);
    kept = new KeptValues(index);
    forms = new NormForms(this, index, list);
    graph.ops().forEach(this::accumulate);
    for (Op op : graph.ops()) {
      launches.put(
          op, OpLaunches.of(this, op).stream().map(launch -> launch.map(this::place)).toList());
    }
  }

  /** Where gradients meet, the convolution that computes the last adds it to the other one. */
  private void accumulate(Op op) {
    GradientSum sum =
        switch (op) {
          case BatchNormBackward norm when forms.gradient(norm) == null ->
              GradientSum.of(index, norm).stream().findFirst().orElse(null);
          case Add add -> GradientSum.of(index, add);
          default -> null;
        };
    if (sum == null || forms.gradient(sum.last()) != null) {
      return;
    }
    Value other = sum.other();
    if (other != null
        && !kept.isKept(requireNonNull(index.producer(other)))
        && index.readers(other).stream().noneMatch(forms::isPostponed)
        && isPlanned(List.of(ConvolutionLaunches.backwardData(sum.last(), other)))) {
      accumulated.put(sum.last(), other);
      accumulated.put(op, other);
      if (op instanceof Add add) {
        aliases.put(add.dst(), other);
      }
    }
  }

  /** Where a value lies, if in the place of another. */
  private Value place(Value value) {
    Value place = value;
    for (Value next = aliases.get(place); next != null; next = aliases.get(place)) {
      place = next;
    }
    return place;
  }

  /**
   * The last list of patterns to try: what the system property {@code residual.cuda.patterns} says,
   * else all.
   *
   * @throws IllegalArgumentException if it says something else than 1, 2 or 3
   */
  static int wanted() {
    String list = System.getProperty("residual.cuda.patterns", "" + ALL);
    if (!list.matches("[1-3]")) {
      throw new IllegalArgumentException(
          "residual.cuda.patterns is " + list + ", expected 1, 2 or 3");
    }
    return Integer.parseInt(list);
  }

  GraphIndex index() {
    return index;
  }

  KeptValues kept() {
    return kept;
  }

  NormForms forms() {
    return forms;
  }

  /**
   * The gradient that a convolution adds its own to, and that the operation behind takes for the
   * sum; null for none.
   */
  @Nullable Value accumulated(Op op) {
    return accumulated.get(op);
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
        && index.readers(value).stream().allMatch(Normalize.class::isInstance);
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
