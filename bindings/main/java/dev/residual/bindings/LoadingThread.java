package dev.residual.bindings;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * The thread on which native libraries are loaded.
 *
 * <p>Their static initialisers run on the thread that loads them and put what they like on its
 * stack: oneDNN's more than half a megabyte. A caller's thread may have less, and an overflow in
 * native code ends the JVM.
 */
final class LoadingThread {
  private static final long STACK_BYTES = 8L << 20;

  private LoadingThread() {}

  /** Does what loads, and waits for it, whether the caller is interrupted or not. */
  static <T> T run(Supplier<T> loading) {
    FutureTask<T> task = new FutureTask<>(loading::get);
    Thread thread = new Thread(null, task, "residual-loading", STACK_BYTES, false);
    thread.setDaemon(true);
    thread.start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
