package dev.residual.backend.onednn;

import dev.residual.graph.Add;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Binary;
import dev.residual.graph.Cast;
import dev.residual.graph.Concat;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Eltwise;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The first operations of an inference graph, run on a few images after the other, so that what
 * they hand each other stays in the last cache; the large activations at the end of the region are
 * the only ones that are held for the whole batch.
 */
final class Chunks {
  /** The part of the cache that one operation may fill; weights and scratch need some too. */
  private static final double FILLED = 0.75;

  private final List<Op> ops = new ArrayList<>();
  private final Set<Value> batched = new HashSet<>();
  private final Map<Value, Value> values = new HashMap<>();
  private final Set<Value> ends = new LinkedHashSet<>();
  private int end;
  private int images;
  private int batch;

  private Chunks() {}

  /** The region of a graph that gains by chunks; empty if there is none. */
  static Chunks of(Graph graph, long cache) {
    Chunks chunks = new Chunks();
    if (cache > 0 && graph.updated().isEmpty()) {
      chunks.find(graph, cache);
    }
    return chunks;
  }

  private void find(Graph graph, long cache) {
    long largest = 0;
    List<Op> candidates = new ArrayList<>();
    for (int i = 0; i < graph.ops().size(); i++) {
      Op op = graph.ops().get(i);
      Value src = op.inputs().isEmpty() ? null : op.inputs().getFirst();
      if (src != null && src.role() == Role.INPUT && src.shape().rank() == 4 && batch == 0) {
        batch = src.shape().dim(0);
        batched.add(src);
      }
      if (isChunkable(op)) {
        candidates.add(op);
        batched.addAll(op.outputs());
        long bytes = batchedValues(op).stream().mapToLong(Value::bytes).sum();
        if (bytes > cache * 3 / 2) {
          end = i + 1;
          ops.clear();
          ops.addAll(candidates);
        }
        largest = Math.max(largest, bytes);
      } else if (op.inputs().stream().anyMatch(batched::contains)) {
        break;
      }
    }
    images = batch;
    while (images > 1
        && (batch % images != 0 || (double) largest / batch * images > FILLED * cache)) {
      images--;
    }
    if (ops.size() < 2 || images == batch) {
      ops.clear();
      end = 0;
      return;
    }
    Set<Value> computed = new LinkedHashSet<>();
    ops.forEach(op -> computed.addAll(op.outputs()));
    ends.addAll(computed);
    Set<Value> read = new HashSet<>(graph.outputs());
    graph.ops().subList(end, graph.ops().size()).forEach(op -> read.addAll(op.inputs()));
    ends.retainAll(read);
    for (Op op : ops) {
      for (Value value : batchedValues(op)) {
        values.computeIfAbsent(
            value,
            v -> new Value(v.name() + " (chunk)", v.shape().with(0, images), v.dtype(), v.role()));
      }
    }
  }

  private boolean isChunkable(Op op) {
    // What operations outside the region compute is not in its graph.
    if (op.inputs().stream().noneMatch(batched::contains)
        || op.inputs().stream()
            .anyMatch(v -> v.role() == Role.ACTIVATION && !batched.contains(v))) {
      return false;
    }
    return switch (op) {
      case Conv2d conv -> isBatched(conv.src(), conv.add());
      case QuantizedConv2d conv -> isBatched(conv.src(), conv.add());
      case MaxPool2d pool -> pool.workspace() == null && isBatched(pool.src(), null);
      case Quantize quantize -> isBatched(quantize.src(), null);
      case Cast cast -> isBatched(cast.src(), null);
      case Relu _, Eltwise _, GlobalAvgPool _, AvgPool2d _ -> true;
      case BatchNormInference norm -> isBatched(norm.src(), norm.add());
      case Concat concat -> batched.containsAll(concat.srcs());
      case Add add -> isBatched(add.src0(), add.src1());
      // An operand of one image serves them all.
      case Binary binary ->
          binary.inputs().stream().allMatch(v -> batched.contains(v) || v.shape().dim(0) == 1);
      default -> false;
    };
  }

  private boolean isBatched(Value value, @Nullable Value other) {
    return batched.contains(value) && (other == null || batched.contains(other));
  }

  private Set<Value> batchedValues(Op op) {
    Set<Value> all = new LinkedHashSet<>(op.inputs());
    all.addAll(op.outputs());
    all.retainAll(batched);
    return all;
  }

  /** The number of operations of the graph that the region reaches to. */
  int end() {
    return end;
  }

  /** Whether an operation runs in chunks. */
  boolean contains(Op op) {
    return ops.contains(op);
  }

  /** Whether a value is computed in chunks. */
  boolean computes(Value value) {
    return values.containsKey(value) && value.role() == Role.ACTIVATION;
  }

  /** Whether a value is held for one chunk alone. */
  boolean isInner(Value value) {
    return computes(value) && !ends.contains(value);
  }

  /** The number of chunks. */
  int count() {
    return ops.isEmpty() ? 0 : batch / images;
  }

  /** The values of a chunk for those of the whole batch that lie at the region's borders. */
  Map<Value, Value> borders() {
    Map<Value, Value> borders = new HashMap<>(values);
    borders.keySet().removeIf(this::isInner);
    return borders;
  }

  /** The operations on one chunk. */
  Graph graph() {
    return new Graph(
        ops.stream().map(this::chunk).toList(), ends.stream().map(this::chunk).toList());
  }

  private Op chunk(Op op) {
    return op.map(value -> batched.contains(value) ? chunk(value) : value);
  }

  private Value chunk(Value value) {
    Value chunk = values.get(value);
    if (chunk == null) {
      throw new IllegalArgumentException(value + " is not in the chunks");
    }
    return chunk;
  }
}
