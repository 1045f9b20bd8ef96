package dev.residual.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The owner of native handles and native memory: what is created through it is destroyed with it,
 * newest first, and its memory last.
 *
 * <p>{@link Arena} promises no order of its cleanup actions, and an engine must not go before its
 * primitives, hence a stack of our own.
 *
 * <p>Several threads may use a scope. Using memory of a closed scope is an {@link
 * IllegalStateException}, never a crash; handles are addresses, and whoever passes them to native
 * code makes sure that the scope is open.
 */
public final class NativeScope implements SegmentAllocator, AutoCloseable {

  /** Every kernel of every library is content with it: a cache line, and the widest vector. */
  public static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final Deque<Runnable> destructions = new ArrayDeque<>();
  private boolean closed;

  private NativeScope() {}

  /** A new scope that owns nothing yet. */
  public static NativeScope open() {
    return new NativeScope();
  }

  /**
   * Builds something that owns a new scope; if building fails, the scope is closed and what was
   * created so far is destroyed.
   *
   * @param owner makes the owner, which is to close the scope
   */
  public static <T> T construct(Function<NativeScope, T> owner) {
    NativeScope scope = new NativeScope();
    try {
      return owner.apply(scope);
    } catch (Throwable e) {
      try {
        scope.close();
      } catch (RuntimeException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /** What a library says about a status that one of its functions returned. */
  @FunctionalInterface
  public interface StatusCheck {

    /**
     * Does nothing if the status is success.
     *
     * @throws NativeException if it is not
     */
    void check(String function, int status);
  }

  /**
   * Creates a handle, checks the status, and sees to its destruction.
   *
   * @param function the C name of the creating function, for the error
   * @param check judges the status
   * @param creation calls the function with the address where it puts the handle
   * @param destruction calls the function that destroys the handle
   * @return the handle
   * @throws NativeException if creation fails
   * @throws IllegalStateException if this scope is closed
   */
  public synchronized MemorySegment create(
      String function,
      StatusCheck check,
      ToIntFunction<MemorySegment> creation,
      ToIntFunction<MemorySegment> destruction) {
    requireOpen();
    MemorySegment handle;
    try (Arena temporary = Arena.ofConfined()) {
      MemorySegment out = temporary.allocate(ValueLayout.ADDRESS);
      check.check(function, creation.applyAsInt(out));
      handle = out.get(ValueLayout.ADDRESS, 0);
    }
    destructions.push(
        () -> {
          // A handle that cannot be destroyed is lost either way: there is nothing to do about it.
          int ignored = destruction.applyAsInt(handle);
        });
    return handle;
  }

  /**
   * Sees to it that an action is done when this scope closes, before all that were registered
   * earlier.
   */
  public synchronized void onClose(Runnable action) {
    requireOpen();
    destructions.push(action);
  }

  /**
   * Zeroed memory for small things that live as long as this scope.
   *
   * @throws IllegalStateException if this scope is closed
   */
  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    return arena.allocate(bytes, alignment);
  }

  /**
   * A slab: zeroed memory for large things, aligned to 64 bytes or more, with huge pages advised,
   * and not touched yet: its pages are placed near the threads that touch them first.
   *
   * @param purpose what it is for, for the error
   * @param bytes how many; 0 gives an empty segment
   * @throws NativeException if there is not that much memory
   * @throws IllegalArgumentException if {@code bytes} is negative
   * @throws IllegalStateException if this scope is closed
   */
  public MemorySegment slab(String purpose, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException(purpose + ": a slab of " + bytes + " bytes");
    }
    synchronized (this) {
      requireOpen();
    }
    if (bytes == 0) {
      return arena.allocate(ALIGNMENT, ALIGNMENT).asSlice(0, 0);
    }
    if (Platform.current().isLinux()) {
      return NativeMemory.get().allocate(purpose, bytes, arena);
    }
    try {
      return arena.allocate(bytes, ALIGNMENT);
    } catch (OutOfMemoryError e) {
      throw new NativeException("malloc", 0, "NULL", NativeMemory.shortage(purpose, bytes));
    }
  }

  /** Whether {@link #close} has been called. */
  public synchronized boolean isClosed() {
    return closed;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the native scope is closed");
    }
  }

  /**
   * Destroys everything, newest first, and then frees the memory. Closing again does nothing. If an
   * action fails, the others are done all the same, and the first failure is thrown at the end.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    @Nullable RuntimeException failure = null;
    while (!destructions.isEmpty()) {
      failure = run(destructions.pop(), failure);
    }
    failure = run(arena::close, failure);
    if (failure != null) {
      throw failure;
    }
  }

  private static @Nullable RuntimeException run(
      Runnable action, @Nullable RuntimeException earlier) {
    try {
      action.run();
      return earlier;
    } catch (RuntimeException e) {
      if (earlier == null) {
        return e;
      }
      earlier.addSuppressed(e);
      return earlier;
    }
  }
}
