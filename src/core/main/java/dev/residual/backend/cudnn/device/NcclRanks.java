package dev.residual.backend.cudnn.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.nccl.Nccl;
import dev.residual.bindings.nccl.NcclLibrary;
import dev.residual.bindings.nccl.ncclUniqueId;
import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongToIntFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A communicator of NCCL's: the GPUs of processes that exchange with each other.
 *
 * <p>NCCL waits for other processes without end. So a thread of its own looks for failures, and for
 * waiting that takes too long; then it has NCCL abort, and whoever waits goes on.
 */
final class NcclRanks {
  /** {@code ncclInvalidUsage}: two processes on one GPU, among others. */
  private static final int INVALID_USAGE = 5;

  private static final Duration END = Duration.ofSeconds(10);
  private static final long LOOK_NANOS = 20_000_000;
  private static final long BEGINNING_NANOS = 100_000_000;

  private final CudaDevice device;
  private final Communicator processes;
  private final Duration patience;
  private final MemorySegment handle;
  private FutureTask<Integer> end = new FutureTask<>(() -> 0);
  private @Nullable CommunicationException failure;

  /** Since when somebody waits; 0 if nobody does. */
  private long since;

  private boolean isOpen = true;
  private volatile boolean isCalled;

  /**
   * Brings the GPUs of all processes together, which all must do at once.
   *
   * @throws NativeException if NCCL refuses
   * @throws CommunicationException if a process does not take part
   */
  NcclRanks(Communicator processes, CudaDevice device) {
    this.processes = processes;
    this.device = device;
    patience = processes.patience();
    byte[] id = id(processes);
    FutureTask<MemorySegment> joining = start(() -> join(processes, id));
    handle = result(joining, patience, "NCCL has not brought the GPUs together");
    Thread.ofPlatform().daemon().name("residual-nccl").start(this::watch);
  }

  /** What process 0 has made up for this communicator. */
  private static byte[] id(Communicator processes) {
    // Another thread may broadcast.
    try (Arena arena = Arena.ofShared()) {
      MemorySegment id = ncclUniqueId.allocate(arena);
      if (processes.rank() == 0) {
        NcclLibrary.check("ncclGetUniqueId", Nccl.ncclGetUniqueId(id));
      }
      processes.broadcast(id.byteSize()).run(id);
      return id.toArray(JAVA_BYTE);
    }
  }

  private MemorySegment join(Communicator processes, byte[] bytes) {
    device.enter();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      MemorySegment id = ncclUniqueId.allocate(arena).copyFrom(MemorySegment.ofArray(bytes));
      NcclLibrary.check(
          "ncclCommInitRank", Nccl.ncclCommInitRank(out, processes.size(), id, processes.rank()));
      return out.get(ADDRESS, 0);
    } catch (NativeException e) {
      throw e.status() == INVALID_USAGE
          ? e.with("each process needs a GPU of its own; this one has " + device)
          : e;
    }
  }

  /**
   * Does something that waits for other processes.
   *
   * @throws CommunicationException if it was aborted, then or before; what is done on the device is
   *     waited for all the same
   */
  void await(Runnable waiting) {
    synchronized (this) {
      since = System.nanoTime() | 1;
    }
    try {
      waiting.run();
    } catch (NativeException e) {
      try {
        requireWell();
      } catch (CommunicationException aborted) {
        aborted.addSuppressed(e);
        throw aborted;
      }
      throw e;
    } finally {
      synchronized (this) {
        since = 0;
      }
    }
    requireWell();
  }

  /**
   * Calls NCCL, which may wait for other processes.
   *
   * @param call takes the address of the communicator, and gives the status
   * @throws CommunicationException if it was aborted
   */
  void call(String function, LongToIntFunction call) {
    synchronized (this) {
      requireWell();
      isCalled = true;
    }
    try {
      await(() -> NcclLibrary.check(function, call.applyAsInt(handle.address())));
    } finally {
      isCalled = false;
    }
  }

  /** Throws why it was aborted, if it was. */
  synchronized void requireWell() {
    if (failure != null) {
      throw new CommunicationException(String.valueOf(failure.getMessage()));
    }
  }

  /** Has whoever waits go on, for the processes exchange nothing any more. */
  synchronized void abort(String reason) {
    if (isOpen) {
      isOpen = false;
      failure = new CommunicationException(reason);
      // It waits for recordings that are destroyed later.
      end =
          start(
              () -> {
                letBegin();
                return end("ncclCommAbort", Nccl::ncclCommAbort);
              });
    }
  }

  /** An abort may come upon a call, and not before it. */
  private void letBegin() {
    long end = System.nanoTime() + BEGINNING_NANOS;
    while (isCalled && System.nanoTime() < end) {
      LockSupport.parkNanos(this, BEGINNING_NANOS / 100);
    }
  }

  private int end(String function, ToIntFunction<MemorySegment> call) {
    device.enter();
    NcclLibrary.check(function, call.applyAsInt(handle));
    return 0;
  }

  private void watch() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(JAVA_INT);
      while (isWatched(status)) {
        LockSupport.parkNanos(this, LOOK_NANOS);
        long overdue = overdue();
        if (overdue != 0) {
          giveUp(overdue, blame());
        }
      }
    }
  }

  /** Whom to blame; whatever goes wrong, those who wait must go on. */
  private String blame() {
    try {
      return processes.blame();
    } catch (RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private synchronized boolean isWatched(MemorySegment status) {
    CommunicationException known = processes.failure();
    if (isOpen && known != null) {
      abort(String.valueOf(known.getMessage()));
    }
    if (isOpen) {
      int found = Nccl.ncclCommGetAsyncError(handle, status);
      found = found != 0 ? found : status.get(JAVA_INT, 0);
      if (found != 0 && found != Nccl.ncclInProgress()) {
        abort("the exchange between GPUs has failed: " + NcclLibrary.name(found));
      }
    }
    return isOpen;
  }

  /** Since when somebody waits for too long; 0 if nobody does. */
  private synchronized long overdue() {
    return since != 0 && System.nanoTime() - since > patience.toNanos() ? since : 0;
  }

  private synchronized void giveUp(long overdue, String blame) {
    if (since == overdue) {
      abort(
          "the exchange between GPUs has not ended within %d s: %s"
              .formatted(patience.toSeconds(), blame));
    }
  }

  /** Ends it, after all that uses it. */
  void close() {
    Duration limit;
    synchronized (this) {
      // Well, it may wait for the others; aborted, for nobody.
      limit = failure == null ? patience : END;
      if (isOpen) {
        isOpen = false;
        end = start(() -> end("ncclCommDestroy", Nccl::ncclCommDestroy));
      }
    }
    int ignored = result(end, limit, "NCCL has not ended");
  }

  /** Begins a call of NCCL's that may never return. */
  private static <T> FutureTask<T> start(Callable<T> call) {
    FutureTask<T> task = new FutureTask<>(call);
    Thread.ofPlatform().daemon().name("residual-nccl-call").start(task);
    return task;
  }

  private static <T> T result(FutureTask<T> task, Duration limit, String otherwise) {
    try {
      return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new CommunicationException("%s within %d s".formatted(otherwise, limit.toSeconds()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommunicationException("interrupted while NCCL was called");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }
}
