package dev.residual.mpi;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.mpi.MpiCalls;
import dev.residual.engine.CommunicationException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that calls MPI. Between calls it sleeps, so as to leave the processors to those
 * who compute; while somebody waits it does not.
 *
 * <p>After a failure it calls MPI no more: whoever waited may free the memory that MPI was to write
 * to.
 */
final class MpiThread {
  private static final Duration END = Duration.ofSeconds(5);
  private static final long NAP_NANOS = 100_000;
  private static final long IDLE_NANOS = 20_000_000;
  private static final long SERVICE_NANOS = 10_000_000;

  private final MpiCalls calls;
  private final Duration patience;
  private final Thread thread;
  private final Queue<MpiExchange> added = new ArrayDeque<>();
  private final Queue<Task<?>> tasks = new ArrayDeque<>();
  private final List<MpiExchange> running = new ArrayList<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment flag = arena.allocate(JAVA_INT);
  private volatile boolean isClosed;
  private volatile @Nullable MpiSignals signals;
  private volatile long begun;
  private volatile @Nullable RuntimeException failure;
  private volatile boolean isHalted;
  private long served;

  /** Something to do, and where its result goes. */
  private record Task<T>(Supplier<T> work, CompletableFuture<T> result) implements Runnable {
    @Override
    public void run() {
      try {
        result.complete(work.get());
      } catch (RuntimeException | Error e) {
        result.completeExceptionally(e);
      }
    }
  }

  MpiThread(MpiCalls calls, Duration patience) {
    this.calls = calls;
    this.patience = patience;
    thread = new Thread(this::work, "residual-mpi");
    thread.setDaemon(true);
    thread.start();
  }

  /** Memory for what MPI reads and writes, as long as the thread lives. */
  Arena arena() {
    return arena;
  }

  long patienceNanos() {
    return patience.toNanos();
  }

  /** How many exchanges this process has begun. */
  long begun() {
    return begun;
  }

  /** Has the thread see to messages between processes from now on; null for no longer. */
  void serve(@Nullable MpiSignals messages) {
    signals = messages;
  }

  /** Does something on the thread, and waits for it as long as patience lasts. */
  <T> T call(Supplier<T> task) {
    return call(task, patience);
  }

  /** Does something on the thread, and waits for it so long. */
  <T> T call(Supplier<T> task, Duration limit) {
    if (isHalted) {
      throw new CommunicationException("this process has failed before: " + reason());
    }
    CompletableFuture<T> result = new CompletableFuture<>();
    synchronized (tasks) {
      tasks.add(new Task<>(task, result));
    }
    LockSupport.unpark(thread);
    try {
      return result.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      CommunicationException stuck =
          new CommunicationException(
              "MPI has not returned from a call within %d s".formatted(limit.toSeconds()));
      halt(stuck);
      throw stuck;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommunicationException("interrupted while MPI was called");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /** Has an exchange begin, after those that were added before. */
  void add(MpiExchange exchange) {
    synchronized (added) {
      added.add(exchange);
    }
    LockSupport.unpark(thread);
  }

  /** Tells that one more, or one less, waits for the end of an exchange. */
  void hurry(int change) {
    waiting.addAndGet(change);
    LockSupport.unpark(thread);
  }

  /** Gives an exchange up that has not ended in time. */
  CommunicationException overdue(String function) {
    return givenUp("%s has not ended within %d s".formatted(function, patience.toSeconds()));
  }

  /** Gives up after a failure of MPI's. */
  CommunicationException broken(RuntimeException cause) {
    return givenUp(String.valueOf(cause.getMessage()));
  }

  /** Finds out who is to blame, tells the others, and halts. */
  private CommunicationException givenUp(String what) {
    MpiSignals messages = signals;
    String reason = what;
    if (messages != null && !isHalted) {
      try {
        reason = what + ": " + messages.blame();
        if (!isHalted) {
          messages.fail(reason);
        }
      } catch (CommunicationException e) {
        reason = what + "; " + e.getMessage();
      }
    }
    if (isHalted) {
      // Another process has found out first.
      return new CommunicationException(reason());
    }
    CommunicationException end = new CommunicationException(reason);
    halt(end);
    return end;
  }

  /** Makes no call of MPI any more. */
  void halt(RuntimeException cause) {
    if (failure == null) {
      failure = cause;
    }
    isHalted = true;
    LockSupport.unpark(thread);
  }

  /** Whether it has failed. */
  boolean isHalted() {
    return isHalted;
  }

  /** What has gone wrong; null if nothing has. */
  @Nullable RuntimeException failure() {
    return failure;
  }

  private String reason() {
    RuntimeException cause = failure;
    return cause == null ? "" : String.valueOf(cause.getMessage());
  }

  /**
   * Checks what a call returned; on the thread.
   *
   * @throws NativeException with MPI's words, if it is no success
   */
  void check(String function, int status) {
    if (status == 0) {
      return;
    }
    try (Arena words = Arena.ofConfined()) {
      MemorySegment text = words.allocate(MpiCalls.TEXT_BYTES);
      MemorySegment length = words.allocate(JAVA_INT);
      String meaning =
          calls.describe(status, text, length) == 0 ? text.getString(0) : "no reason given";
      throw new NativeException(function, status, "no success", meaning);
    }
  }

  static boolean isSet(MemorySegment flag) {
    return flag.get(JAVA_INT, 0) != 0;
  }

  /** Ends what is under way, and all that comes after it; on the thread. */
  void fail(RuntimeException cause) {
    if (failure == null) {
      failure = cause;
    }
    running.forEach(exchange -> exchange.end(failure));
    running.clear();
  }

  /** Ends the thread when nothing is under way any more. */
  void close() {
    isClosed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // After a failure MPI may still point to it.
    if (!thread.isAlive() && !isHalted) {
      arena.close();
    }
  }

  private void work() {
    while (!isHalted) {
      boolean isBusy = doTasks();
      isBusy |= beginAdded();
      isBusy |= testRunning();
      if (isClosed && !isBusy && running.isEmpty()) {
        return;
      }
      seeToSignals();
      if (!isBusy) {
        rest();
      }
    }
    RuntimeException cause = failure;
    fail(cause != null ? cause : new CommunicationException("MPI has ended"));
    while (!isClosed) {
      refuse();
      LockSupport.parkNanos(this, IDLE_NANOS);
    }
    refuse();
  }

  /** Ends what was to be done after the failure. */
  private void refuse() {
    synchronized (added) {
      added.forEach(exchange -> exchange.end(failure));
      added.clear();
    }
    synchronized (tasks) {
      tasks.forEach(task -> task.result().completeExceptionally(failure));
      tasks.clear();
    }
  }

  private void rest() {
    if (running.isEmpty()) {
      LockSupport.parkNanos(this, IDLE_NANOS);
    } else if (waiting.get() > 0) {
      Thread.onSpinWait();
    } else {
      LockSupport.parkNanos(this, NAP_NANOS);
    }
  }

  private void seeToSignals() {
    MpiSignals messages = signals;
    long now = System.nanoTime();
    if (messages == null || isClosed || now - served < SERVICE_NANOS) {
      return;
    }
    served = now;
    try {
      messages.serve();
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private boolean doTasks() {
    Task<?> task;
    synchronized (tasks) {
      task = tasks.poll();
    }
    if (task != null) {
      task.run();
    }
    return task != null;
  }

  private boolean beginAdded() {
    MpiExchange next;
    synchronized (added) {
      next = added.poll();
    }
    if (next == null) {
      return false;
    }
    if (failure != null) {
      next.end(failure);
      return true;
    }
    try {
      next.begin(calls);
      // No other thread writes it.
      begun = begun + 1;
      running.add(next);
    } catch (RuntimeException e) {
      fail(e);
      next.end(e);
    }
    return true;
  }

  private boolean testRunning() {
    boolean isEnded = false;
    for (int i = running.size() - 1; i >= 0; i--) {
      MpiExchange exchange = running.get(i);
      try {
        if (exchange.test(calls, flag)) {
          running.remove(i);
          exchange.end(null);
          isEnded = true;
        }
      } catch (RuntimeException e) {
        fail(e);
        return true;
      }
    }
    return isEnded;
  }
}
