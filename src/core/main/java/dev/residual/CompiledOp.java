package dev.residual;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.Session;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A compiled operation that a cache and handles share, which runs once at a time; it is closed when
 * the last of them lets it go.
 */
final class CompiledOp {
  private final CanonicalOp op;
  private final boolean isRowMajor;
  private final Value[] values;
  private final LongAdder copiedBytes;
  private final AtomicInteger users = new AtomicInteger(1);
  private volatile @Nullable Session session;
  private @Nullable CallerMemory memory;

  /**
   * Not compiled yet, with one user.
   *
   * @param isRowMajor whether callers' memory is row-major, in whatever layout the session's is
   * @param copiedBytes counts the bytes of callers that are copied
   */
  CompiledOp(CanonicalOp op, boolean isRowMajor, LongAdder copiedBytes) {
    this.op = op;
    this.isRowMajor = isRowMajor;
    this.copiedBytes = copiedBytes;
    values = CanonicalOp.values(op.op()).toArray(Value[]::new);
  }

  CanonicalOp op() {
    return op;
  }

  /** One more user; the caller must know of another one, or this may be closed already. */
  void acquire() {
    users.incrementAndGet();
  }

  /** One user less. */
  void release() {
    if (users.decrementAndGet() > 0) {
      return;
    }
    // The session works in the copies, so it goes first.
    try {
      if (session != null) {
        session.close();
      }
    } finally {
      if (memory != null) {
        memory.close();
      }
    }
  }

  /** Whether somebody has compiled it. */
  boolean isCompiled() {
    return session != null;
  }

  /** Compiles the operation, if nobody else has. */
  synchronized void compile(Supplier<Session> compilation) {
    if (session == null) {
      Session compiled = compilation.get();
      try {
        Layout[] layouts = new Layout[values.length];
        Arrays.setAll(layouts, i -> layout(compiled, i));
        memory = new CallerMemory(compiled, op.op(), values, layouts, copiedBytes);
      } catch (Throwable e) {
        compiled.close();
        throw e;
      }
      session = compiled;
    }
  }

  /** The order in which a value lies in memory. */
  Layout layout(int index) {
    return layout(requireNonNull(session), index);
  }

  private Layout layout(Session compiled, int index) {
    return isRowMajor ? Layout.ROW_MAJOR : compiled.layout(values[index]);
  }

  /** Runs the operation on memory for its values, in their order. */
  synchronized void run(MemorySegment[] given) {
    requireNonNull(memory).run(given);
    // Operations have queues of their own: the next one may read what this one writes.
    requireNonNull(session).finish();
  }
}
