package dev.residual.backend.cudnn.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Tasks done by several threads. */
final class ParallelTasks {

  /** What compilers of kernels are content with, in bytes. */
  private static final long STACK = 16L << 20;

  private ParallelTasks() {}

  /**
   * Does all tasks, and returns when they are done. A failure ends the others, and is thrown.
   *
   * @param entrance done by each thread before its first task
   */
  static void run(int threads, Runnable entrance, List<Runnable> tasks) {
    Queue<Runnable> queue = new ConcurrentLinkedQueue<>(tasks);
    List<Throwable> failures = new ArrayList<>();
    List<Thread> team = new ArrayList<>();
    for (int i = 0; i < Math.min(threads, tasks.size()); i++) {
      Thread thread =
          new Thread(null, () -> work(queue, entrance, failures), "residual-planning-" + i, STACK);
      thread.setDaemon(true);
      thread.start();
      team.add(thread);
    }
    boolean isInterrupted = false;
    for (Thread thread : team) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          // Nothing that is under way in native code may be left alone.
          isInterrupted = true;
          queue.clear();
        }
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
    rethrow(failures.isEmpty() ? null : failures.getFirst());
  }

  private static void work(Queue<Runnable> queue, Runnable entrance, List<Throwable> failures) {
    try {
      entrance.run();
      for (Runnable task = queue.poll(); task != null; task = queue.poll()) {
        task.run();
      }
    } catch (RuntimeException | Error e) {
      queue.clear();
      synchronized (failures) {
        failures.add(e);
      }
    }
  }

  private static void rethrow(@Nullable Throwable failure) {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }
}
