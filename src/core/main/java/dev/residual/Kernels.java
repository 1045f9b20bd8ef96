package dev.residual;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Single operations on the caller's memory, for frameworks that call operation by operation.
 *
 * <p>{@link #compile} gives a kernel, {@link #run} finds one. Each operation is compiled when it is
 * first met, and kept. Operations that differ in nothing but the names of their values are one. Of
 * more than {@code capacity} compiled operations, the one that was unused for the longest time is
 * dropped. It is closed when calls under way are done and its kernels are closed. Whoever asks for
 * it later gets it compiled anew.
 *
 * <p>What an operation reads is the caller's to give: the result of another operation will do, as
 * {@code conv.dst()}.
 *
 * <p>Memory that is off-heap and aligned to 64 bytes is used in place, if its elements have the
 * order that the backend wants. Other memory of the host, as that of an array, is copied in and out
 * at each call. {@link #statistics} count the bytes.
 *
 * <p>On a GPU each segment is memory of the host, which is copied there and back, or memory of that
 * GPU, which is used in place; one call may mix them. Memory of the GPU is what CUDA calls a device
 * pointer, as a segment of length 0, {@code MemorySegment.ofAddress(pointer)}, or of the value's
 * size. It is aligned to 64 bytes, and images lie in it as {@link #layout} says. A call returns
 * when the GPU has done its work; work of the caller's own that fills the memory must be done
 * before.
 *
 * <p>Safe for use by several threads: calls of one operation wait for each other, those of
 * different operations do not. For parallel calls of the same operation use kernels of its own for
 * each thread.
 */
public final class Kernels implements AutoCloseable {
  /** How many operations by name are remembered for each compiled one. */
  private static final int NAMES = 4;

  private final Backend backend;
  private final CompileOptions options;
  private final int capacity;
  private final boolean isRowMajor;

  /** By use, what was unused longest first. */
  private final Map<CanonicalOp, CompiledOp> compiled = new LinkedHashMap<>(16, 0.75f, true);

  /** What callers called these operations, so that a call of one that is known makes nothing. */
  private final Map<Op, Kernel> named = new LinkedHashMap<>(16, 0.75f, true);

  private final LongAdder copiedBytes = new LongAdder();
  private long hits;
  private long misses;
  private long evictions;
  private long compileNanos;
  private boolean closed;

  /**
   * An empty cache for memory in the order that {@link #layout} tells.
   *
   * @param capacity the number of compiled operations to keep, at least 1
   */
  public Kernels(Backend backend, CompileOptions options, int capacity) {
    this(backend, options, capacity, false);
  }

  private Kernels(Backend backend, CompileOptions options, int capacity, boolean isRowMajor) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity is " + capacity + ", it must be at least 1");
    }
    this.backend = backend;
    this.options = options;
    this.capacity = capacity;
    this.isRowMajor = isRowMajor;
  }

  /**
   * An empty cache for memory that is row-major: images n c h w, weights o i h w.
   *
   * <p>The CPU backend has the same order for all but images, and for these where each element is
   * computed alone, as by {@link dev.residual.graph.Relu}. Others are transposed by all its
   * threads. Memory of a GPU serves for values in the same order alone.
   *
   * @param capacity the number of compiled operations to keep, at least 1
   */
  public static Kernels rowMajor(Backend backend, CompileOptions options, int capacity) {
    return new Kernels(backend, options, capacity, true);
  }

  /** The values of an operation in the order in which {@link #run} takes their memory. */
  public static List<Value> values(Op op) {
    return CanonicalOp.values(op);
  }

  /**
   * A kernel that runs an operation; the caller closes it.
   *
   * @throws UnsupportedOpException if the backend cannot run the operation
   */
  public Kernel compile(Op op) {
    // What was acquired is the new handle's to release.
    return new Kernel(op, acquire(op).compiled());
  }

  /**
   * The order in which an operation's value lies in memory.
   *
   * @throws UnsupportedOpException if the backend cannot run the operation
   */
  public Layout layout(Op op, Value value) {
    Kernel kernel = acquire(op);
    try {
      return kernel.layout(value);
    } finally {
      kernel.compiled().release();
    }
  }

  /**
   * Runs an operation in place, as {@link Kernel#run} does; of one that was met before, a call
   * allocates no more than that.
   *
   * @param memory for each of {@link #values}, in that order, memory of exactly its size
   * @throws IllegalArgumentException if the number of segments or the size of one is wrong,
   *     segments overlap that must not, or an address is not of memory of this GPU
   * @throws UnsupportedOpException if the backend cannot run the operation
   */
  public void run(Op op, MemorySegment... memory) {
    Kernel kernel = acquire(op);
    try {
      kernel.execute(memory);
    } finally {
      kernel.compiled().release();
    }
  }

  /** The number of compiled operations held. */
  public synchronized int size() {
    return compiled.size();
  }

  /** What callers have asked for until now, and what it cost. */
  public synchronized KernelStatistics statistics() {
    return new KernelStatistics(
        hits, misses, evictions, Duration.ofNanos(compileNanos), copiedBytes.sum());
  }

  /** The cache's own kernel of an operation, whose compiled operation the caller releases. */
  private Kernel acquire(Op op) {
    Kernel kernel = find(op);
    CompiledOp found = kernel.compiled();
    if (!found.isCompiled()) {
      try {
        // Without the lock of the cache, so that nobody waits who asks for something else.
        found.compile(() -> timed(op, found.op().op()));
      } catch (RuntimeException | Error e) {
        if (forget(found)) {
          found.release();
        }
        found.release();
        throw e;
      }
    }
    return kernel;
  }

  private Session timed(Op op, Op canonical) {
    long start = System.nanoTime();
    try {
      return open(op, canonical);
    } finally {
      long nanos = System.nanoTime() - start;
      synchronized (this) {
        compileNanos += nanos;
      }
    }
  }

  private Session open(Op op, Op canonical) {
    try {
      return backend.compile(Graph.of(canonical), options);
    } catch (RuntimeException e) {
      // What is refused is refused again, in the caller's names.
      backend.compile(Graph.of(CanonicalOp.alone(op)), options).close();
      throw e;
    }
  }

  private Kernel find(Op op) {
    Kernel kernel;
    @Nullable CompiledOp eldest = null;
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("the kernels are closed");
      }
      kernel = named.get(op);
      if (kernel == null) {
        CanonicalOp canonical = isRowMajor ? CanonicalOp.rowMajor(op) : CanonicalOp.of(op);
        CompiledOp known = compiled.get(canonical);
        if (known == null) {
          known = new CompiledOp(canonical, isRowMajor, copiedBytes);
          compiled.put(canonical, known);
          misses++;
        } else {
          hits++;
        }
        kernel = new Kernel(op, known);
        named.put(op, kernel);
      } else {
        hits++;
      }
      // Asking for it also notes that it is used.
      requireNonNull(compiled.get(kernel.compiled().op())).acquire();
      if (named.size() > NAMES * capacity) {
        named.remove(named.keySet().iterator().next());
      }
      if (compiled.size() > capacity) {
        eldest = compiled.values().iterator().next();
        forget(eldest);
        evictions++;
      }
    }
    if (eldest != null) {
      eldest.release();
    }
    return kernel;
  }

  /** Whether a compiled operation was held; it is no more, and the caller is to release it. */
  private synchronized boolean forget(CompiledOp dropped) {
    named.values().removeIf(kernel -> kernel.compiled() == dropped);
    return compiled.remove(dropped.op(), dropped);
  }

  /**
   * Drops all compiled operations: those are closed that nobody has a handle of. Closing again does
   * nothing.
   */
  @Override
  public void close() {
    List<CompiledOp> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(compiled.values());
      all.forEach(this::forget);
    }
    all.forEach(CompiledOp::release);
  }
}
