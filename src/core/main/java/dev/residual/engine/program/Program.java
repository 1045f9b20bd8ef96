package dev.residual.engine.program;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.Communicator;
import dev.residual.engine.Work;
import dev.residual.graph.AllReduce;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The steps of a graph and the buffers they use, before these have addresses. */
public final class Program {
  private final Lowering lowering;
  private final Map<Value, Buffer> buffers = new LinkedHashMap<>();
  private final List<Buffer> kept = new ArrayList<>();
  private final List<Buffer> workspaces = new ArrayList<>();
  private final List<Runnable> checks = new ArrayList<>();
  private final Map<Value, MemorySegment> mirrors = new LinkedHashMap<>();
  private final List<Step> preparation = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<Work> works = new ArrayList<>();
  private final Exchanges exchanges;
  private final Set<Value> placed = new HashSet<>();
  private @Nullable Op lowered;
  private @Nullable Work work;

  /**
   * The program of a graph.
   *
   * @param communicator the processes that run it together
   */
  public Program(Graph graph, Lowering lowering, Communicator communicator) {
    this.lowering = lowering;
    exchanges = new Exchanges(graph, communicator);
    for (Value value : graph.values()) {
      buffers.put(value, new Buffer(value.name(), lowering.bytes(value)));
    }
    exchanges.place(this);
    lowering.lower(graph, this);
    exchanges.end(this);
  }

  /** Lowers an operation: the steps that follow are its own. */
  public void lower(Op op) {
    exchanges.await(op, this);
    lowered = op;
    work = null;
    if (op instanceof AllReduce reduce) {
      exchanges.start(reduce, this);
    } else {
      lowering.lower(op, this);
    }
  }

  /** Puts a value where no plan has a say. */
  void place(Value value, Buffer buffer) {
    put(value, buffer);
    placed.add(value);
  }

  /** The bytes that a plan must find for a value. */
  long plannedBytes(Value value) {
    return isPlaced(value) ? 0 : buffer(value).bytes();
  }

  /** Whether a value lies where no plan has a say. */
  boolean isPlaced(Value value) {
    return placed.contains(value);
  }

  /** The operation that is being lowered. */
  public Op lowered() {
    return requireNonNull(lowered);
  }

  /**
   * Where a value lies.
   *
   * @throws IllegalArgumentException if it is neither in the graph nor was {@link #put}
   */
  public Buffer buffer(Value value) {
    Buffer buffer = buffers.get(value);
    if (buffer == null) {
      throw new IllegalArgumentException(value + " is not in the graph");
    }
    return buffer;
  }

  /** Whether a value is in the graph or was {@link #put}. */
  public boolean contains(Value value) {
    return buffers.containsKey(value);
  }

  /** Overrides where a value lies, or adds a value that the graph does not have. */
  public void put(Value value, Buffer buffer) {
    buffers.put(value, buffer);
  }

  /** A buffer that lives as long as the parameters, for weights that are prepared once. */
  public Buffer keep(String name, long bytes) {
    Buffer buffer = new Buffer(name, bytes);
    kept.add(buffer);
    return buffer;
  }

  /** Adds a buffer that steps may use while they run; it may still grow. */
  public void workspace(Buffer buffer) {
    workspaces.add(buffer);
  }

  /** Adds a check of inputs, made before the first step of each run. */
  public void check(Runnable check) {
    checks.add(check);
  }

  /**
   * A copy on the host of an input that lies on a device, for checks. It holds what was written or
   * bound last from memory of the host; what is bound to memory of the device is not seen.
   */
  public MemorySegment mirror(Value input) {
    return mirrors.computeIfAbsent(
        input, value -> MemorySegment.ofArray(new long[(int) ((value.bytes() + 7) / 8)]));
  }

  Map<Value, MemorySegment> mirrors() {
    return mirrors;
  }

  /** Adds a step to run after parameters have been written. */
  public void prepare(Step step) {
    preparation.add(step);
  }

  /** Adds a step of the operation that is being lowered; its first gives the implementation. */
  public void step(Step step) {
    if (work == null) {
      work = Work.of(lowered(), step.implementation(lowered()));
    }
    steps.add(step);
    works.add(work);
  }

  /** Adds a step that replaces the numbers in a buffer by their sums over all processes. */
  public void sum(Buffer buffer, DType dtype) {
    step(exchanges.whole(buffer, dtype));
  }

  /** Adds a step of another operation than the one that is being lowered. */
  void stepOf(Op op, Step step) {
    steps.add(step);
    works.add(Work.of(op, step.implementation(op)));
  }

  /** Adds a copy of weights, or of their gradient, to another layout. */
  public void pack(Value weights, Step step, Cost cost) {
    steps.add(step);
    works.add(Work.packing(lowered(), weights, step.implementation(lowered()), cost));
  }

  /** The checks before a run. */
  public Runnable[] checks() {
    return checks.toArray(Runnable[]::new);
  }

  List<Buffer> kept() {
    return kept;
  }

  List<Buffer> workspaces() {
    return workspaces;
  }

  Step[] preparation() {
    return preparation.toArray(Step[]::new);
  }

  /** The steps of a run. */
  public Step[] steps() {
    return steps.toArray(Step[]::new);
  }

  /** What each step belongs to. */
  List<Work> works() {
    return works;
  }

  Map<Value, Buffer> buffers() {
    return buffers;
  }
}
