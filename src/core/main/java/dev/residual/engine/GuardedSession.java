package dev.residual.engine;

import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a session that all backends share: it allows one thread at a time and nothing after
 * close, and checks values and memory.
 *
 * <p>Subclasses do the work inside the guard, with arguments that were checked.
 */
public abstract class GuardedSession implements Session {
  private final SessionGuard guard = new SessionGuard();
  private final Graph graph;
  private final Set<Value> updated;

  /** Memory of callers, for each value that is bound to it. */
  private final Map<Value, MemorySegment> bound = new LinkedHashMap<>();

  /** The same, for {@link #run}, which allocates nothing. */
  private MemorySegment[] boundMemory = {};

  /** Whether parameters and states are those of other sessions, too. */
  private boolean isShared;

  /** A session that is open. */
  protected GuardedSession(Graph graph) {
    this.graph = graph;
    updated = graph.updated();
  }

  /** {@link #write}: copies elements in. */
  protected abstract void copyIn(Value value, MemorySegment data, Layout layout);

  /** {@link #read}: copies elements out. */
  protected abstract void copyOut(Value value, MemorySegment data, Layout layout);

  /** {@link #readScalar}. */
  protected abstract double scalar(Value value);

  /** {@link #bind}: uses memory in place. */
  protected abstract void place(Value value, MemorySegment memory);

  /** {@link #bind}, where it lies in this memory already: what the memory holds has changed. */
  protected abstract void placeAgain(Value value);

  /** {@link #run}: executes all operations. */
  protected abstract void execute();

  /** {@link #finish}: waits for what runs have left to do. */
  protected void await() {}

  /** Whether a segment stands for memory of a device. */
  protected boolean isDeviceMemory(MemorySegment memory) {
    return false;
  }

  /** Why memory of a device does not serve for a value; empty if it does. */
  protected String deviceFault(Value value, MemorySegment memory) {
    return "";
  }

  /** {@link #fork}, of a graph that updates nothing. */
  protected abstract GuardedSession share();

  /** {@link #bytes}. */
  protected abstract long held();

  /** {@link #close}: frees everything, once. */
  protected abstract void free();

  /** Whether the graph changes a parameter or state. */
  protected final boolean isUpdated(Value value) {
    return updated.contains(value);
  }

  @Override
  public final Graph graph() {
    return graph;
  }

  @Override
  public final void write(Value value, MemorySegment data, Layout layout) {
    guard.enter();
    try {
      requireKnown(value);
      require(value.role() != Role.ACTIVATION, value, "is computed and cannot be written");
      requireFit(value, data, layout);
      requireAlive();
      MemorySegment memory = bound.get(value);
      require(memory == null || !memory.isReadOnly(), value, "is bound to read-only memory");
      copyIn(value, data, layout);
    } finally {
      guard.exit();
    }
  }

  @Override
  public final void read(Value value, MemorySegment data, Layout layout) {
    guard.enter();
    try {
      requireReadable(value);
      requireFit(value, data, layout);
      require(!data.isReadOnly(), value, "cannot be read into read-only memory");
      requireAlive();
      copyOut(value, data, layout);
    } finally {
      guard.exit();
    }
  }

  @Override
  public final double readScalar(Value value) {
    guard.enter();
    try {
      requireReadable(value);
      boolean isScalar = value.dtype().isFloating() && value.shape().elements() == 1;
      require(isScalar, value, "is not a floating scalar");
      requireAlive();
      return scalar(value);
    } finally {
      guard.exit();
    }
  }

  @Override
  public final void bind(Value value, MemorySegment memory) {
    guard.enter();
    try {
      requireReadable(value);
      MemorySegment known = bound.get(value);
      if (known != null && isSame(known, memory) && isUsable(memory)) {
        placeAgain(value);
        return;
      }
      requireBindable(value, memory);
      if (isShared && (value.role() == Role.PARAMETER || value.role() == Role.STATE)) {
        throw new IllegalStateException(value + " is shared with forks: bind first, then fork");
      }
      place(value, memory);
      bound.put(value, memory);
      if (known == null) {
        boundMemory = bound.values().toArray(MemorySegment[]::new);
      } else {
        replace(known, memory);
      }
    } finally {
      guard.exit();
    }
  }

  @Override
  public final void run() {
    guard.enter();
    try {
      requireAlive();
      execute();
    } catch (IllegalStateException e) {
      // Memory may have been closed between two operations: that says more than its last use does.
      requireAlive();
      throw e;
    } finally {
      guard.exit();
    }
  }

  @Override
  public final void finish() {
    guard.enter();
    try {
      await();
    } finally {
      guard.exit();
    }
  }

  @Override
  public final Session fork() {
    guard.enter();
    try {
      if (!updated.isEmpty()) {
        throw new IllegalStateException(
            "a session that updates %s cannot fork".formatted(updated.iterator().next()));
      }
      requireAlive();
      GuardedSession fork = share();
      isShared = true;
      fork.isShared = true;
      bound.forEach(
          (value, memory) -> {
            if (value.role() == Role.PARAMETER || value.role() == Role.STATE) {
              fork.bound.put(value, memory);
            }
          });
      fork.boundMemory = fork.bound.values().toArray(MemorySegment[]::new);
      return fork;
    } finally {
      guard.exit();
    }
  }

  @Override
  public final long bytes() {
    guard.enter();
    try {
      return held();
    } finally {
      guard.exit();
    }
  }

  @Override
  public final void close() {
    if (guard.close()) {
      free();
    }
  }

  private void requireBindable(Value value, MemorySegment memory) {
    String fault = bindingFault(value, memory);
    if (fault != null) {
      throw new IllegalArgumentException(
          "%s needs %d bytes of off-heap memory aligned to %d, given %s%s"
              .formatted(value, value.bytes(), MemoryPlan.ALIGNMENT, memory, fault));
    }
    boolean isChanged = value.role() == Role.ACTIVATION || isUpdated(value);
    require(!isChanged || !memory.isReadOnly(), value, "is bound to read-only memory");
  }

  /** What the memory does not tell of why it cannot be bound; null if it can. */
  private @Nullable String bindingFault(Value value, MemorySegment memory) {
    if (!isUsable(memory)) {
      return ", which is " + fault(memory);
    }
    if (!memory.isNative() || memory.address() % MemoryPlan.ALIGNMENT != 0) {
      return "";
    }
    if (isDeviceMemory(memory)) {
      String fault = deviceFault(value, memory);
      return fault.isEmpty() ? null : ", which " + fault;
    }
    if (memory.byteSize() == value.bytes()) {
      return null;
    }
    return memory.byteSize() == 0 && memory.address() != 0
        ? ": this session takes no addresses of a device"
        : "";
  }

  /** Of several that are the same any can be replaced. */
  @SuppressWarnings({"MemorySegmentReferenceEquality", "ReferenceEquality"})
  private void replace(MemorySegment known, MemorySegment memory) {
    int at = 0;
    while (boundMemory[at] != known) {
      at++;
    }
    boundMemory[at] = memory;
  }

  /** Refuses to touch memory that its owner has closed, for that ends the JVM. */
  private void requireAlive() {
    for (MemorySegment memory : boundMemory) {
      if (!isUsable(memory)) {
        throw new IllegalStateException(
            "%s is bound to memory that is %s: bind another first"
                .formatted(unusable(), fault(memory)));
      }
    }
  }

  private static boolean isUsable(MemorySegment memory) {
    return memory.scope().isAlive() && memory.isAccessibleBy(Thread.currentThread());
  }

  private static String fault(MemorySegment memory) {
    return memory.scope().isAlive() ? "another thread's alone (a confined arena's)" : "closed";
  }

  /** Whether two segments are one memory with one owner. */
  private static boolean isSame(MemorySegment known, MemorySegment memory) {
    return known.address() == memory.address()
        && known.byteSize() == memory.byteSize()
        && known.isReadOnly() == memory.isReadOnly()
        && known.scope().equals(memory.scope());
  }

  /** The first value whose memory cannot be used. */
  private Value unusable() {
    return bound.entrySet().stream()
        .filter(entry -> !isUsable(entry.getValue()))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /**
   * Refuses a value that is not in the graph.
   *
   * @throws IllegalArgumentException naming it and what there is
   */
  protected final void requireKnown(Value value) {
    require(graph.contains(value), value, "is not in the graph");
  }

  private void requireReadable(Value value) {
    requireKnown(value);
    require(
        value.role() != Role.ACTIVATION || graph.outputs().contains(value),
        value,
        "is no output of the graph, so its memory is reused");
  }

  private void requireFit(Value value, MemorySegment data, Layout layout) {
    if (data.byteSize() != value.bytes()) {
      throw new IllegalArgumentException(
          "%s has %d bytes, given %d".formatted(value, value.bytes(), data.byteSize()));
    }
    require(
        !data.isNative() || !isDeviceMemory(data),
        value,
        "is copied from and to memory of the host alone; memory of a device can be bound");
    require(
        layout == Layout.ROW_MAJOR || value.shape().rank() == 4,
        value,
        "has no channels-last layout, only values of rank 4 have");
  }

  private void require(boolean condition, Value value, String complaint) {
    if (!condition) {
      throw new IllegalArgumentException("%s %s: %s".formatted(value, complaint, graph));
    }
  }
}
