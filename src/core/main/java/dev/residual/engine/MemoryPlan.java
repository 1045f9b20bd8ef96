package dev.residual.engine;

import static java.util.Objects.requireNonNull;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Where each activation lies in one slab: values that are never alive together share memory.
 *
 * <p>A value lives from the operation that computes it to the last one that reads it; an output of
 * the graph lives to the end. Values are placed from the largest to the smallest, each at the
 * lowest offset that no value alive with it occupies (Pisarchyk and Lee 2020, greedy by size).
 *
 * @param offsets the offset of each activation in bytes
 * @param bytes the size of the slab
 */
public record MemoryPlan(Map<Value, Long> offsets, long bytes) {
  /** What every offset is a multiple of: a cache line, and the widest vector. */
  public static final long ALIGNMENT = 64;

  /** Copies the map. */
  public MemoryPlan {
    offsets = Map.copyOf(offsets);
  }

  /**
   * The plan for a graph.
   *
   * @param size the bytes that the backend needs for a value
   */
  public static MemoryPlan of(Graph graph, ToLongFunction<Value> size) {
    List<Lifetime> lifetimes = lifetimes(graph, size);
    lifetimes.sort(Comparator.comparingLong(Lifetime::bytes).reversed());
    List<Lifetime> placed = new ArrayList<>();
    Map<Value, Long> offsets = new HashMap<>();
    long bytes = 0;
    for (Lifetime lifetime : lifetimes) {
      lifetime.offset = lowestFree(lifetime, placed);
      bytes = Math.max(bytes, lifetime.end());
      offsets.put(lifetime.value, lifetime.offset);
      // The list is kept in the order of offsets, so that one pass finds the lowest gap.
      int at = placed.size();
      while (at > 0 && placed.get(at - 1).offset > lifetime.offset) {
        at--;
      }
      placed.add(at, lifetime);
    }
    return new MemoryPlan(offsets, bytes);
  }

  /** The size rounded up to the alignment. */
  public static long align(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static long lowestFree(Lifetime wanted, List<Lifetime> placed) {
    long offset = 0;
    for (Lifetime other : placed) {
      if (other.first <= wanted.last && wanted.first <= other.last) {
        if (other.offset - offset >= wanted.bytes) {
          return offset;
        }
        offset = Math.max(offset, other.end());
      }
    }
    return offset;
  }

  private static List<Lifetime> lifetimes(Graph graph, ToLongFunction<Value> size) {
    Map<Value, Lifetime> lifetimes = new HashMap<>();
    List<Lifetime> ordered = new ArrayList<>();
    List<Op> ops = graph.ops();
    for (int i = 0; i < ops.size(); i++) {
      for (Value input : ops.get(i).inputs()) {
        if (input.role() == Role.ACTIVATION) {
          requireNonNull(lifetimes.get(input)).last = i;
        }
      }
      for (Value output : ops.get(i).outputs()) {
        Lifetime lifetime = new Lifetime(output, align(size.applyAsLong(output)), i);
        lifetimes.put(output, lifetime);
        ordered.add(lifetime);
      }
    }
    for (Value output : graph.outputs()) {
      requireNonNull(lifetimes.get(output)).last = ops.size();
    }
    return ordered;
  }

  private static final class Lifetime {
    final Value value;
    final long bytes;
    final int first;
    int last;
    long offset;

    Lifetime(Value value, long bytes, int first) {
      this.value = value;
      this.bytes = bytes;
      this.first = first;
      this.last = first;
    }

    long bytes() {
      return bytes;
    }

    long end() {
      return offset + bytes;
    }
  }
}
