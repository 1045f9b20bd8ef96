package dev.residual.engine;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The state that keeps a session to one thread at a time and refuses calls after close.
 *
 * <p>Every call of a session stands between {@link #enter} and {@link #exit}; neither blocks nor
 * allocates. Not reentrant.
 */
final class SessionGuard {
  private static final Object CLOSED = new Object();

  /** The thread inside, {@link #CLOSED}, or null. */
  private final AtomicReference<@Nullable Object> holder = new AtomicReference<>();

  /** A guard of an open session that no thread uses. */
  SessionGuard() {}

  /**
   * Marks the session as used by this thread.
   *
   * @throws IllegalStateException if another call is under way or the session is closed
   */
  void enter() {
    Object found = holder.compareAndExchange(null, Thread.currentThread());
    if (found != null) {
      throw refusal(found);
    }
  }

  /** Ends what {@link #enter} began. */
  void exit() {
    holder.set(null);
  }

  /**
   * Closes the guard for good.
   *
   * @return whether this call closed it, so that exactly one caller frees what the session owns
   * @throws IllegalStateException if another call is under way
   */
  boolean close() {
    Object found = holder.compareAndExchange(null, CLOSED);
    if (found instanceof Thread) {
      throw refusal(found);
    }
    return found == null;
  }

  private static IllegalStateException refusal(Object found) {
    return new IllegalStateException(
        found instanceof Thread thread
            ? "the session is in use by thread '%s'; it serves one thread at a time"
                .formatted(thread.getName())
            : "the session is closed");
  }
}
