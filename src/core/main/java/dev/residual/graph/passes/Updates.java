package dev.residual.graph.passes;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The updates of a graph, all of which a pass treats alike. */
record Updates(Graph graph, List<ParameterUpdate> all) {

  static Updates of(Graph graph) {
    return new Updates(
        graph,
        graph.ops().stream()
            .filter(ParameterUpdate.class::isInstance)
            .map(ParameterUpdate.class::cast)
            .toList());
  }

  List<Value> gradients() {
    return all.stream().map(ParameterUpdate::gradient).distinct().toList();
  }

  /** What all gradients are multiplied by; null for 1. */
  @Nullable Value factor(PassCheck check) {
    Value factor = all.getFirst().factor();
    for (ParameterUpdate update : all) {
      check.that(
          factor == null ? update.factor() == null : factor.equals(update.factor()),
          "%s is multiplied by %s, and %s by %s",
          all.getFirst().gradient(),
          String.valueOf(factor),
          update.gradient(),
          String.valueOf(update.factor()));
    }
    return factor;
  }

  /**
   * The graph with another factor of all updates.
   *
   * @param rule computes it, before the first update
   * @param others what becomes of other operations
   */
  Graph withFactor(Op rule, Value factor, UnaryOperator<Op> others) {
    List<Op> ops = new ArrayList<>();
    for (Op op : graph.ops()) {
      if (op == all.getFirst()) {
        ops.add(rule);
      }
      ops.add(op instanceof ParameterUpdate update ? update.withFactor(factor) : others.apply(op));
    }
    return new Graph(ops, graph.outputs());
  }
}
