package dev.residual.mpi;

import dev.residual.bindings.mpi.MpiCalls;
import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator.Exchange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One collective operation of MPI, that {@link MpiThread} carries out as often as it is started.
 */
final class MpiExchange implements Exchange {

  /** The call of MPI that begins it. */
  interface Call {
    int begin(MpiCalls calls, MemorySegment memory, MemorySegment request);
  }

  private static final long LOOK_NANOS = 1_000_000;

  private final MpiThread thread;
  private final String function;
  private final Call call;
  private final MemorySegment request;
  private MemorySegment memory = MemorySegment.NULL;
  private long since;

  /** Whether it is under way; written by either thread when the other one does not work on it. */
  private volatile boolean isRunning;

  private volatile boolean isDone;
  private volatile @Nullable RuntimeException failure;
  private volatile @Nullable Thread waiting;

  MpiExchange(MpiThread thread, String function, Call call, Arena arena) {
    this.thread = thread;
    this.function = function;
    this.call = call;
    request = arena.allocate(MpiCalls.HANDLE_BYTES, MpiCalls.HANDLE_BYTES);
  }

  @Override
  public void start(MemorySegment given) {
    if (isRunning) {
      throw new IllegalStateException(function + " is started twice before it is awaited");
    }
    memory = given;
    isDone = false;
    isRunning = true;
    since = System.nanoTime();
    thread.add(this);
  }

  @Override
  public void await() {
    if (!isRunning) {
      return;
    }
    waiting = Thread.currentThread();
    thread.hurry(1);
    try {
      while (!isDone) {
        LockSupport.parkNanos(this, LOOK_NANOS);
        if (!isDone && System.nanoTime() - since > thread.patienceNanos()) {
          throw thread.overdue(function);
        }
      }
    } finally {
      thread.hurry(-1);
      waiting = null;
    }
    isRunning = false;
    RuntimeException cause = failure;
    if (cause instanceof CommunicationException) {
      throw new CommunicationException(String.valueOf(cause.getMessage()));
    }
    if (cause != null) {
      throw thread.broken(cause);
    }
  }

  /** Waits as long as it takes, and lets those who compute have the processors. */
  void awaitAtLeisure() {
    waiting = Thread.currentThread();
    while (!isDone) {
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
    await();
  }

  /** Begins the call; on MPI's thread. */
  void begin(MpiCalls calls) {
    thread.check(function, call.begin(calls, memory, request));
  }

  /** Whether the call is done; on MPI's thread. */
  boolean test(MpiCalls calls, MemorySegment flag) {
    thread.check(function, calls.test(request, flag));
    return MpiThread.isSet(flag);
  }

  /** Tells whoever waits that it is done, or why it never will be; on MPI's thread. */
  void end(@Nullable RuntimeException cause) {
    failure = cause;
    isDone = true;
    LockSupport.unpark(waiting);
  }
}
