package dev.residual;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.HashSet;
import java.util.Set;

/** A graph, and the same operations on several times as many images. */
public final class Batches {
  /** What has no extent of images. */
  private static final Set<String> SUMS =
      Set.of("diffWeights", "diffBias", "diffScale", "diffShift", "mean", "variance");

  private final Set<Value> batched = new HashSet<>();
  private final Graph few;

  /** The values of a graph that hold something of each image. */
  public Batches(Graph few) {
    this.few = few;
    for (Value value : few.values(Role.INPUT)) {
      if (value.shape().rank() > 0 && !SUMS.contains(value.name())) {
        batched.add(value);
      }
    }
    for (Op op : few.ops()) {
      if (op.inputs().stream().anyMatch(batched::contains)) {
        op.outputs().stream().filter(v -> !SUMS.contains(v.name())).forEach(batched::add);
      }
    }
  }

  /** Whether a value holds something of each image. */
  public boolean contains(Value value) {
    return batched.contains(value);
  }

  /** The number of elements of the largest value. */
  public long largest() {
    return batched.stream().mapToLong(value -> value.shape().elements()).max().orElseThrow();
  }

  /** The value of so many times the images; others are the same for any number. */
  public Value repeated(Value value, int times) {
    return batched.contains(value)
        ? new Value(
            value.name(),
            value.shape().with(0, Math.multiplyExact(value.shape().dim(0), times)),
            value.dtype(),
            value.role())
        : value;
  }

  /** The graph for so many times the images. */
  public Graph repeated(int times) {
    return Roles.changed(few, value -> repeated(value, times));
  }
}
