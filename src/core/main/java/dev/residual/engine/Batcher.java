package dev.residual.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/**
 * A queue that puts single requests of many callers together into batches, and sessions that
 * compute them at the same time, a batch each.
 *
 * <p>A session that is free takes what waits, up to the largest batch. If less waits, it may wait
 * for more, until the oldest request has waited as long as the {@linkplain BatchOptions options}
 * allow. Batches have certain {@linkplain BatchOptions#sizes sizes} and are never padded: of seven
 * requests four are computed, then two, then one. So few requests never cost as much as many.
 *
 * <p>A result that its caller cancels, or completes in another way such as {@link
 * CompletableFuture#orTimeout}, takes its request out of the queue; once its batch runs, that
 * changes nothing for the others. An exception goes to the callers of its batch and nobody else.
 *
 * <p>Safe for use by many threads at once, virtual ones too: they wait without holding a carrier.
 * What is hung on a result without an executor of its own runs on the thread of a session: it may
 * submit requests, but must not wait for them. A flight recording that asks for {@link BatchEvent}
 * gets an event for each batch. A batcher that is not closed keeps no program from ending.
 *
 * @param <Q> a request
 * @param <R> its result
 */
public final class Batcher<Q, R> implements AutoCloseable {
  private final BatchQueue<Q, R> queue;
  private final List<Thread> threads = new ArrayList<>();

  /**
   * A batcher that begins to serve.
   *
   * @param sessions each computes the results of a batch of one of the {@linkplain
   *     BatchOptions#sizes sizes}, in its order, on a thread of its own; at least one
   * @throws IllegalArgumentException if there are none
   */
  public Batcher(BatchOptions options, List<Function<List<Q>, List<R>>> sessions) {
    if (sessions.isEmpty()) {
      throw new IllegalArgumentException("there are no sessions, expected at least one");
    }
    queue = new BatchQueue<>(options);
    Thread.Builder builder = Thread.ofPlatform().daemon().name("residual-batch-", 0);
    for (Function<List<Q>, List<R>> session : sessions) {
      threads.add(builder.unstarted(() -> serve(session)));
    }
    threads.forEach(Thread::start);
  }

  private void serve(Function<List<Q>, List<R>> session) {
    for (var batch = queue.take(); batch.isPresent(); batch = queue.take()) {
      batch.get().run(session);
      // What is hung on a result may have interrupted this thread.
      Thread.interrupted();
    }
  }

  /**
   * Puts a request into the queue.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the queue is full
   * @throws IllegalStateException if the batcher is closed
   */
  public CompletableFuture<R> submit(Q request) {
    return queue.add(request);
  }

  /**
   * Puts a request into the queue and waits for its result.
   *
   * @throws InterruptedException if the thread is interrupted meanwhile; the request is cancelled
   *     then
   * @throws java.util.concurrent.RejectedExecutionException if the queue is full
   * @throws IllegalStateException if the batcher is closed, or what is hung on a result calls this
   *     on the thread of a session
   */
  public R run(Q request) throws InterruptedException {
    requireOutside("run");
    CompletableFuture<R> result = submit(request);
    try {
      return result.get();
    } catch (InterruptedException e) {
      result.cancel(false);
      throw e;
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /** The number of requests that wait for a session. */
  public int waiting() {
    return queue.size();
  }

  private void requireOutside(String call) {
    if (threads.contains(Thread.currentThread())) {
      throw new IllegalStateException(
          call + " waits for a session, so what runs on the thread of one cannot call it");
    }
  }

  /**
   * Refuses further requests, computes those that wait, and waits until that is done. Closing again
   * does nothing but wait.
   *
   * @throws IllegalStateException if what is hung on a result calls this on the thread of a session
   */
  @Override
  public void close() {
    requireOutside("close");
    queue.close();
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
