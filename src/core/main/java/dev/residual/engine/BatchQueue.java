package dev.residual.engine;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The requests of a {@link Batcher} that wait, oldest first. */
final class BatchQueue<Q, R> {
  private final BatchOptions options;
  private final ReentrantLock lock = new ReentrantLock();

  /** A request came, which wakes the thread that has waited longest, or the queue was closed. */
  private final Condition changed = lock.newCondition();

  private final LinkedHashSet<BatchRequest<Q, R>> waiting = new LinkedHashSet<>();
  private boolean closed;

  BatchQueue(BatchOptions options) {
    this.options = options;
  }

  /** The result of a request, which leaves the queue if its caller completes the result before. */
  CompletableFuture<R> add(Q input) {
    BatchRequest<Q, R> request = new BatchRequest<>(input);
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the batcher is closed");
      }
      if (waiting.size() == options.queue()) {
        throw new RejectedExecutionException(
            "%d requests wait already, as many as the queue takes".formatted(waiting.size()));
      }
      waiting.add(request);
      changed.signal();
    } finally {
      lock.unlock();
    }
    // Not the stage that this returns, for completing that completes nothing here.
    request.result().whenComplete((_, _) -> remove(request));
    return request.result();
  }

  private void remove(BatchRequest<Q, R> request) {
    lock.lock();
    try {
      waiting.remove(request);
    } finally {
      lock.unlock();
    }
  }

  /** How many wait. */
  int size() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the next batch; empty when the queue is closed and nothing waits any more. */
  Optional<Batch<Q, R>> take() {
    lock.lock();
    try {
      while (true) {
        if (waiting.isEmpty()) {
          if (closed) {
            return Optional.empty();
          }
          changed.awaitUninterruptibly();
        } else {
          long left = options.longestWait().toNanos() - waiting.getFirst().waited();
          if (left <= 0 || waiting.size() >= options.largest() || closed) {
            return Optional.of(takeNow());
          }
          awaitNanos(left);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private Batch<Q, R> takeNow() {
    int size = options.size(waiting.size());
    List<BatchRequest<Q, R>> requests = new ArrayList<>(size);
    while (requests.size() < size) {
      requests.add(waiting.removeFirst());
    }
    return new Batch<>(requests, waiting.size());
  }

  private void awaitNanos(long nanos) {
    try {
      changed.awaitNanos(nanos);
    } catch (InterruptedException e) {
      // Nobody who may stop this thread interrupts it: it looks at the queue again.
    }
  }

  /** Refuses further requests, and lets no request wait for others any more. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
