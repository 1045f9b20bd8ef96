package dev.residual.graph.passes;

import dev.residual.graph.AllReduce;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Role;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pass by which processes train one network together: each has its part of every batch, and
 * updates take the gradient of the mean loss over all of it.
 *
 * <p>The gradient of each loss is divided by the number of processes, and gradients are summed over
 * them. They are exchanged in buckets, in the order in which they are computed: those of the last
 * layers while the first ones are still differentiated. Those of {@linkplain SharedNorms shared
 * norms} are sums already.
 *
 * <p>To be done first, before the other passes over updates.
 */
public final class GradientSums {

  /** The bytes of a bucket where nobody says otherwise: long enough for a network's speed. */
  public static final long BUCKET_BYTES = 25L << 20;

  private static final PassCheck CHECK = new PassCheck("GradientSums");

  private GradientSums() {}

  /**
   * The graph with updates by summed gradients; the graph itself for one process.
   *
   * @param graph with the updates behind all gradients
   * @param processes how many run it
   * @param bucketBytes the size at which a bucket is exchanged; the last is smaller
   */
  public static Graph of(Graph graph, int processes, long bucketBytes) {
    CHECK.that(processes > 0 && bucketBytes > 0, "%s processes, %s bytes", processes, bucketBytes);
    if (processes == 1) {
      return graph;
    }
    Set<Value> left = new LinkedHashSet<>();
    for (ParameterUpdate update : Updates.of(graph).all()) {
      CHECK.that(update.factor() == null, "%s is multiplied already", update.gradient());
      CHECK.that(
          update.gradient().role() == Role.ACTIVATION, "%s is not computed", update.gradient());
      left.add(update.gradient());
    }
    Map<Value, Value> sums = new HashMap<>();
    List<Value> bucket = new ArrayList<>();
    List<Op> ops = new ArrayList<>();
    for (Op op : graph.ops()) {
      switch (op) {
        case ParameterUpdate update ->
            ops.add(update.withGradient(sums.getOrDefault(update.gradient(), update.gradient())));
        case SoftmaxCrossEntropyBackward loss ->
            ops.add(loss.withWeight(loss.weight() / processes));
        default -> ops.add(op);
      }
      if (op instanceof BatchNormBackward norm && norm.processes() > 1) {
        left.removeAll(norm.outputs());
      }
      op.outputs().stream().filter(left::remove).forEach(bucket::add);
      if (!bucket.isEmpty() && (left.isEmpty() || bytes(bucket) >= bucketBytes)) {
        ops.add(sum(bucket, sums));
        bucket.clear();
      }
    }
    return new Graph(ops, graph.outputs());
  }

  private static long bytes(List<Value> values) {
    return values.stream().mapToLong(Value::bytes).sum();
  }

  private static AllReduce sum(List<Value> bucket, Map<Value, Value> sums) {
    for (Value gradient : bucket) {
      sums.put(
          gradient, Value.activation(gradient.name() + ".sum", gradient.shape(), gradient.dtype()));
    }
    return new AllReduce(bucket, bucket.stream().map(sums::get).toList());
  }
}
