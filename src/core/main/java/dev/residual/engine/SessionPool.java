package dev.residual.engine;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Sessions of one inference graph that share its weights and run at the same time, each on a batch
 * of its own.
 *
 * <p>One session that is compiled for all threads has the shortest time for one batch. As many
 * sessions of one thread each compute the most images in a second, because they wait for nobody.
 * Several sessions of several threads lie in between. Results do not depend on which session
 * computed them.
 *
 * <p>Safe for use by several threads. A task may submit others but must not wait for them: they may
 * be waiting for its session. A pool that is not closed keeps no program from ending.
 */
public final class SessionPool implements AutoCloseable {
  private final List<Session> sessions = new ArrayList<>();
  private final BlockingQueue<Session> free;
  private final ExecutorService threads;

  /** The threads that do tasks, which must not wait for themselves. */
  private final Set<Thread> workers = ConcurrentHashMap.newKeySet();

  private final Set<CompletableFuture<?>> pending = ConcurrentHashMap.newKeySet();

  /**
   * A pool of a session and its forks. Closing the pool closes the session.
   *
   * @param first compiled for as many threads as each session is to have
   * @param size the number of sessions, the first included
   * @throws IllegalArgumentException if the size is below 1
   * @throws IllegalStateException if the session cannot fork
   */
  public SessionPool(Session first, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("size is " + size + ", it must be at least 1");
    }
    sessions.add(first);
    try {
      while (sessions.size() < size) {
        sessions.add(first.fork());
      }
    } catch (RuntimeException e) {
      sessions.forEach(Session::close);
      throw e;
    }
    free = new ArrayBlockingQueue<>(size, false, sessions);
    ThreadFactory factory = Thread.ofPlatform().daemon().name("residual-", 0).factory();
    threads =
        Executors.newFixedThreadPool(
            size,
            task -> {
              Thread worker = factory.newThread(task);
              workers.add(worker);
              return worker;
            });
  }

  /** The session that the others were forked from: for writing weights, while no task runs. */
  public Session first() {
    return sessions.getFirst();
  }

  /** The number of sessions. */
  public int size() {
    return sessions.size();
  }

  /**
   * Runs a task with a session that is free, or the first that becomes so.
   *
   * @param task writes inputs, runs and reads outputs; the session is its own until it returns
   * @return what the task returns; cancelled if the pool is closed before the task begins
   * @throws IllegalStateException if the pool is closed
   */
  public <T> CompletableFuture<T> submit(Function<Session, T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    pending.add(result);
    try {
      threads.execute(() -> run(task, result));
    } catch (RejectedExecutionException e) {
      pending.remove(result);
      throw new IllegalStateException("the pool is closed", e);
    }
    return result;
  }

  private <T> void run(Function<Session, T> task, CompletableFuture<T> result) {
    // There are no more threads than sessions.
    Session session = requireNonNull(free.poll());
    try {
      T returned = task.apply(session);
      free.add(session);
      result.complete(returned);
    } catch (Throwable e) {
      free.add(session);
      result.completeExceptionally(e);
    } finally {
      pending.remove(result);
    }
  }

  /**
   * Runs a task with every session at the same time, and waits for all.
   *
   * @throws IllegalStateException if the pool is closed, or a task of the pool calls this
   */
  public void forEach(Consumer<Session> task) {
    requireOutside("forEach");
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      all.add(
          submit(
              session -> {
                task.accept(session);
                return session;
              }));
    }
    try {
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void requireOutside(String call) {
    if (workers.contains(Thread.currentThread())) {
      throw new IllegalStateException(
          call + " waits for all tasks of the pool, so none of them can call it");
    }
  }

  /**
   * Waits for tasks that run, cancels those that wait, and closes all sessions.
   *
   * @throws IllegalStateException if a task of the pool calls this
   */
  @Override
  public void close() {
    requireOutside("close");
    threads.shutdownNow();
    boolean interrupted = false;
    boolean done = false;
    while (!done) {
      try {
        done = threads.awaitTermination(1, TimeUnit.DAYS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    pending.forEach(result -> result.cancel(false));
    sessions.reversed().forEach(Session::close);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
