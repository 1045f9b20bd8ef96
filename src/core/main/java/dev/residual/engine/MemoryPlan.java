package dev.residual.engine;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Where each activation lies in one slab: values that are never alive together share memory.
 *
 * <p>A value lives from the operation that computes it to the last one that reads it; an output of
 * the graph lives to the end. Where a backend can write a result over an input that is read no
 * more, both share one place. Places are assigned from the largest to the smallest. Each gets the
 * lowest offset that no value alive at the same time occupies (Pisarchyk and Lee 2020, greedy by
 * size).
 *
 * @param offsets the offset of each activation in bytes
 * @param bytes the size of the slab
 */
public record MemoryPlan(Map<Value, Long> offsets, long bytes) {
  /** Every offset is a multiple of this, the size of a cache line and of the widest vector. */
  public static final long ALIGNMENT = 64;

  /** Copies the map. */
  public MemoryPlan {
    offsets = Map.copyOf(offsets);
  }

  /**
   * A result that may be written over an input.
   *
   * @param output a result of an operation
   * @param input an input that the operation no longer reads at a place once it has written output
   *     there
   */
  public record InPlace(Value output, Value input) {}

  /**
   * What one step of the work does with values.
   *
   * @param reads the values that must still be there
   * @param writes the values that are computed
   * @param inPlace which results may be written over which inputs, the preferred ones first; one
   *     that does not fit, or that is still needed, is passed over
   */
  public record Use(Collection<Value> reads, Collection<Value> writes, List<InPlace> inPlace) {

    /** What an operation reads and computes. */
    public static Use of(Op op, List<InPlace> inPlace) {
      return new Use(op.inputs(), op.outputs(), inPlace);
    }
  }

  /**
   * The plan for a graph, each result in a place of its own.
   *
   * @param size the bytes that the backend needs for a value
   */
  public static MemoryPlan of(Graph graph, ToLongFunction<Value> size) {
    return of(graph, size, op -> List.of());
  }

  /**
   * The plan for a graph.
   *
   * @param size the bytes that the backend needs for a value
   * @param inPlace which results of an operation may be written over which inputs, the preferred
   *     ones first; one that does not fit, or that is still needed, is passed over
   */
  public static MemoryPlan of(
      Graph graph, ToLongFunction<Value> size, Function<Op, List<InPlace>> inPlace) {
    List<Use> uses = graph.ops().stream().map(op -> Use.of(op, inPlace.apply(op))).toList();
    return of(uses, graph.outputs(), size);
  }

  /**
   * The plan for work whose steps are not just the operations of a graph.
   *
   * @param uses what each step does, in order; what no step writes gets no place, and what several
   *     write keeps its place from the first to the last
   * @param outputs the values that live to the end
   * @param size the bytes that the backend needs for a value
   */
  public static MemoryPlan of(
      List<Use> uses, Collection<Value> outputs, ToLongFunction<Value> size) {
    List<Lifetime> lifetimes = lifetimes(uses, outputs, size);
    lifetimes.sort(Comparator.comparingLong(Lifetime::bytes).reversed());
    List<Lifetime> placed = new ArrayList<>();
    Map<Value, Long> offsets = new HashMap<>();
    long bytes = 0;
    for (Lifetime lifetime : lifetimes) {
      lifetime.offset = lowestFree(lifetime, placed);
      bytes = Math.max(bytes, lifetime.end());
      lifetime.values.forEach(value -> offsets.put(value, lifetime.offset));
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

  private static List<Lifetime> lifetimes(
      List<Use> uses, Collection<Value> outputs, ToLongFunction<Value> size) {
    Map<Value, Integer> lastUses = lastUses(uses, outputs);
    Map<Value, Lifetime> lifetimes = new HashMap<>();
    List<Lifetime> ordered = new ArrayList<>();
    for (int i = 0; i < uses.size(); i++) {
      Use use = uses.get(i);
      for (InPlace pair : use.inPlace()) {
        Lifetime lifetime = lifetimes.get(pair.input());
        if (lifetime != null
            && lifetime.last == i
            && lifetime.values.getLast().equals(pair.input())
            && !lifetimes.containsKey(pair.output())
            && lifetime.bytes == align(size.applyAsLong(pair.output()))) {
          lifetime.add(pair.output(), lastUses.getOrDefault(pair.output(), i));
          lifetimes.put(pair.output(), lifetime);
        }
      }
      for (Value output : use.writes()) {
        if (!lifetimes.containsKey(output)) {
          Lifetime lifetime = new Lifetime(align(size.applyAsLong(output)), i);
          lifetime.add(output, lastUses.getOrDefault(output, i));
          lifetimes.put(output, lifetime);
          ordered.add(lifetime);
        }
      }
    }
    return ordered;
  }

  /** The number of the last step that uses each value; past all of them for outputs. */
  private static Map<Value, Integer> lastUses(List<Use> uses, Collection<Value> outputs) {
    Map<Value, Integer> lastUses = new HashMap<>();
    for (int i = 0; i < uses.size(); i++) {
      for (Value input : uses.get(i).reads()) {
        lastUses.put(input, i);
      }
      // What is written again, as a workspace is, is needed until then.
      for (Value output : uses.get(i).writes()) {
        lastUses.put(output, i);
      }
    }
    outputs.forEach(output -> lastUses.put(output, uses.size()));
    return lastUses;
  }

  private static final class Lifetime {
    final List<Value> values = new ArrayList<>();
    final long bytes;
    final int first;
    int last;
    long offset;

    Lifetime(long bytes, int first) {
      this.bytes = bytes;
      this.first = first;
    }

    void add(Value value, int last) {
      values.add(value);
      this.last = last;
    }

    long bytes() {
      return bytes;
    }

    long end() {
      return offset + bytes;
    }
  }
}
