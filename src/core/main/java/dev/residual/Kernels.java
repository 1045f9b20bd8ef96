package dev.residual;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Single operations on the caller's memory, for frameworks that call operation by operation.
 *
 * <p>Each operation is compiled when first met and kept; of more than {@code capacity} operations,
 * the one unused for the longest time is closed. Calls from several threads wait for each other.
 */
public final class Kernels implements AutoCloseable {
  private final Backend backend;
  private final CompileOptions options;
  private final int capacity;
  private final Map<Op, Kernel> kernels = new LinkedHashMap<>(16, 0.75f, true);
  private boolean closed;

  private record Kernel(Session session, List<Value> values) {}

  /**
   * An empty cache.
   *
   * @param capacity the number of compiled operations to keep, at least 1
   */
  public Kernels(Backend backend, CompileOptions options, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity is " + capacity + ", it must be at least 1");
    }
    this.backend = backend;
    this.options = options;
    this.capacity = capacity;
  }

  /** The values of an operation in the order in which {@link #run} takes their memory. */
  public static List<Value> values(Op op) {
    Set<Value> values = new LinkedHashSet<>(op.inputs());
    values.addAll(op.outputs());
    return List.copyOf(values);
  }

  /**
   * The order in which an operation's value lies in memory.
   *
   * @throws UnsupportedOpException if the backend cannot run the operation
   */
  public synchronized Layout layout(Op op, Value value) {
    return kernel(op).session().layout(value);
  }

  /**
   * Runs an operation in place.
   *
   * @param memory for each of {@link #values}, in that order, off-heap memory as {@link
   *     Session#bind} takes it
   * @throws IllegalArgumentException if the number of segments or the size of one is wrong
   * @throws UnsupportedOpException if the backend cannot run the operation
   */
  public synchronized void run(Op op, MemorySegment... memory) {
    Kernel kernel = kernel(op);
    if (memory.length != kernel.values().size()) {
      throw new IllegalArgumentException(
          "%s takes memory for %s, given %d segments"
              .formatted(op.kind(), kernel.values(), memory.length));
    }
    for (int i = 0; i < memory.length; i++) {
      kernel.session().bind(kernel.values().get(i), memory[i]);
    }
    kernel.session().run();
  }

  /** The number of compiled operations held. */
  public synchronized int size() {
    return kernels.size();
  }

  private Kernel kernel(Op op) {
    if (closed) {
      throw new IllegalStateException("the kernels are closed");
    }
    Kernel kernel = kernels.get(op);
    if (kernel == null) {
      kernel = new Kernel(backend.compile(Graph.of(op), options), values(op));
      kernels.put(op, kernel);
      if (kernels.size() > capacity) {
        Op eldest = kernels.keySet().iterator().next();
        close(List.of(eldest));
      }
    }
    return kernel;
  }

  private void close(List<Op> ops) {
    for (Op op : ops) {
      Kernel kernel = kernels.remove(op);
      if (kernel != null) {
        kernel.session().close();
      }
    }
  }

  /** Closes all compiled operations. Closing again does nothing. */
  @Override
  public synchronized void close() {
    closed = true;
    close(new ArrayList<>(kernels.keySet()));
  }
}
