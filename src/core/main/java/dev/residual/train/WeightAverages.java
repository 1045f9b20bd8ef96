package dev.residual.train;

import dev.residual.graph.Lerp;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The operations that average weights, behind the updates of a step.
 *
 * @param ops in order
 * @param copies the states that begin with the value of a weight
 */
record WeightAverages(List<Op> ops, Map<Value, Value> copies) {

  /**
   * The averages of weights.
   *
   * @param weights the parameters that are trained, and running statistics
   * @param controls gets the shares
   */
  static WeightAverages of(Averaging averaging, List<Value> weights, Controls controls) {
    return switch (averaging) {
      case Averaging.None none -> new WeightAverages(List.of(), Map.of());
      case Averaging.Exponential share -> {
        Value part = controls.addForUpdates("average_share", share);
        yield of(weights, Averaging.PREFIX, part, null);
      }
      case Averaging.Lookahead share -> {
        Value part = controls.addForUpdates("slow_share", share);
        // Where slow weights move, the trained ones become theirs.
        Value back =
            controls.addForUpdates(
                "fast_share", (update, updates) -> share.moves(update, updates) ? 1 : 0);
        yield of(weights, "slow.", part, back);
      }
    };
  }

  private static WeightAverages of(
      List<Value> weights, String prefix, Value share, @Nullable Value back) {
    Map<Value, Value> copies = new LinkedHashMap<>();
    for (Value weight : weights) {
      copies.put(Value.state(prefix + weight.name(), weight.shape(), weight.dtype()), weight);
    }
    List<Op> ops = new ArrayList<>();
    copies.forEach((average, weight) -> ops.add(new Lerp(average, weight, share)));
    if (back != null) {
      copies.forEach((average, weight) -> ops.add(new Lerp(weight, average, back)));
    }
    return new WeightAverages(List.copyOf(ops), copies);
  }
}
