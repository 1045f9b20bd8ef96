package dev.residual;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.Session;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A compiled operation that a cache and handles share, which runs once at a time; it is closed when
 * the last of them lets it go.
 */
final class CompiledOp {
  private final CanonicalOp op;
  private final Value[] values;
  private final AtomicInteger users = new AtomicInteger(1);
  private volatile @Nullable Session session;

  /** Not compiled yet, with one user. */
  CompiledOp(CanonicalOp op) {
    this.op = op;
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
    if (users.decrementAndGet() == 0 && session != null) {
      session.close();
    }
  }

  /** Whether somebody has compiled it. */
  boolean isCompiled() {
    return session != null;
  }

  /** Compiles the operation, if nobody else has. */
  synchronized void compile(Supplier<Session> compilation) {
    if (session == null) {
      session = compilation.get();
    }
  }

  /** The order in which a value lies in memory. */
  Layout layout(int index) {
    return requireNonNull(session).layout(values[index]);
  }

  /** Runs the operation on memory for its values, in their order. */
  synchronized void run(MemorySegment[] memory) {
    Session compiled = requireNonNull(session);
    for (int i = 0; i < values.length; i++) {
      compiled.bind(values[i], memory[i]);
    }
    compiled.run();
  }
}
