package dev.residual.mpi;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.mpi.MpiCalls;
import dev.residual.bindings.mpi.library.MpiLibrary;
import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import dev.residual.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The processes that a launcher of MPI has started, as {@code mpirun -n 4 java ...}.
 *
 * <p>Sums are made by MPI where the numbers lie, while those who compute go on. All calls are made
 * by one thread. There is one communicator in a process: MPI begins and ends once.
 */
public final class MpiCommunicator implements Communicator, AutoCloseable {

  /** How long to wait for other processes where nobody says otherwise. */
  public static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final int SERIALIZED = 2;
  private static final int NAME_BYTES = 128;

  /** How long MPI may take to end, once all processes have agreed to. */
  private static final Duration END = Duration.ofSeconds(30);

  /** How long the last of the processes may take to learn that all have come to the end. */
  private static final long LINGER_NANOS = 500_000_000;

  private final MpiThread thread;
  private final MpiCalls calls;
  private final int rank;
  private final int size;
  private final MpiSignals signals;
  private volatile List<String> places = List.of();
  private boolean isClosed;

  private MpiCommunicator(MpiThread thread, MpiCalls calls, int rank, int size) {
    this.thread = thread;
    this.calls = calls;
    this.rank = rank;
    this.size = size;
    signals = new MpiSignals(thread, calls, rank, size, this::name);
  }

  /**
   * Begins MPI.
   *
   * @param patience how long to wait for other processes before an exchange fails
   * @throws NativeLibraryException if there is no library of MPI
   * @throws CommunicationException if MPI has begun or ended before, has no support for threads, or
   *     is of another kind than the launcher
   */
  public static MpiCommunicator open(Duration patience) {
    MpiLibrary.library();
    MpiCalls calls = MpiCalls.ofLibrary();
    MpiThread thread = new MpiThread(calls, patience);
    try {
      MpiCommunicator communicator = thread.call(() -> begun(thread, calls));
      communicator.meet();
      return communicator;
    } catch (RuntimeException e) {
      thread.close();
      throw e;
    }
  }

  private static MpiCommunicator begun(MpiThread thread, MpiCalls calls) {
    if (read(thread, "MPI_Initialized", calls::hasBegun) != 0) {
      throw new CommunicationException(
          "MPI has begun in this process already: there is one communicator, and none after it");
    }
    int level = read(thread, "MPI_Init_thread", calls::begin);
    if (level < SERIALIZED) {
      throw new CommunicationException(
          "%s has no MPI_THREAD_SERIALIZED: Java has several threads"
              .formatted(MpiLibrary.library()));
    }
    thread.check("MPI_Comm_dup", calls.duplicate());
    int rank = read(thread, "MPI_Comm_rank", calls::rank);
    int size = read(thread, "MPI_Comm_size", calls::size);
    requireLauncher(System.getenv(), size, calls.abi());
    return new MpiCommunicator(thread, calls, rank, size);
  }

  /** Learns where the others are. */
  private void meet() {
    thread.serve(signals);
    MemorySegment own = thread.arena().allocate(NAME_BYTES);
    String text = "pid %d on %s".formatted(ProcessHandle.current().pid(), hostName());
    own.setString(0, text.length() < NAME_BYTES ? text : text.substring(0, NAME_BYTES - 1));
    MemorySegment all = thread.arena().allocate((long) NAME_BYTES * size);
    Exchange exchange =
        exchange("MPI_Iallgather", (mpi, to, request) -> mpi.gather(own, NAME_BYTES, to, request));
    exchange.run(all);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      names.add(all.getString((long) i * NAME_BYTES));
    }
    places = names;
  }

  private static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return "localhost";
    }
  }

  @Override
  public String name(int process) {
    List<String> known = places;
    return known.isEmpty()
        ? "process " + process
        : "process %d (%s)".formatted(process, known.get(process));
  }

  /**
   * Has somebody told, on another thread, when a process fails: this one may be busy, and learns of
   * it at its next exchange. The one that fails waits shortly until the others are told.
   */
  public void onFailure(Consumer<CommunicationException> listener) {
    signals.onFailure(listener);
  }

  /**
   * Tells the other processes that this one fails: what they wait for ends with a {@link
   * CommunicationException} of these words. MPI is not ended then, for that would wait for them.
   */
  public void fail(String reason) {
    if (isClosed || thread.isHalted()) {
      return;
    }
    try {
      signals.fail(reason);
    } catch (CommunicationException e) {
      // Nobody can be told, and the launcher sees the exit code.
      thread.halt(e);
      return;
    }
    thread.halt(new CommunicationException(reason));
  }

  /** Leaves the others without a word, after a failure that all have found out themselves. */
  public void leave(CommunicationException failure) {
    thread.halt(failure);
  }

  private static int read(MpiThread thread, String function, ToIntFunction<MemorySegment> call) {
    MemorySegment number = thread.arena().allocate(JAVA_INT);
    thread.check(function, call.applyAsInt(number));
    return number.get(JAVA_INT, 0);
  }

  /** A launcher of another kind starts processes that each are alone. */
  static void requireLauncher(Map<String, String> environment, int size, String abi) {
    Map<String, String> launchers = Map.of("OMPI_COMM_WORLD_SIZE", "Open MPI", "PMI_SIZE", "MPICH");
    launchers.forEach(
        (variable, kind) -> {
          String started = environment.get(variable);
          if (size == 1 && started != null && !started.equals("1")) {
            throw new CommunicationException(
                "this is one of %s processes that %s has started, but %s's library finds itself alone: name the launcher's library by -Dresidual.mpi.path"
                    .formatted(started, kind, abi));
          }
        });
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public String blame() {
    return signals.blame();
  }

  @Override
  public Duration patience() {
    return Duration.ofNanos(thread.patienceNanos());
  }

  @Override
  public Exchange sum(DType dtype, long count) {
    if (count < 0 || count > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          count + " numbers: expected at most " + Integer.MAX_VALUE + " in an exchange");
    }
    int number = (int) count;
    return switch (dtype) {
      case F32 ->
          exchange(
              "MPI_Iallreduce", (mpi, memory, request) -> mpi.sumFloats(memory, number, request));
      case F64 ->
          exchange(
              "MPI_Iallreduce", (mpi, memory, request) -> mpi.sumDoubles(memory, number, request));
      default -> throw new IllegalArgumentException(dtype + ": sums are of F32 or F64");
    };
  }

  @Override
  public Exchange broadcast(long bytes) {
    if (bytes < 0 || bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          bytes + " bytes: expected at most " + Integer.MAX_VALUE + " in an exchange");
    }
    int count = (int) bytes;
    return exchange(
        "MPI_Ibcast", (mpi, memory, request) -> mpi.broadcast(memory, count, 0, request));
  }

  @Override
  public MpiExchange barrier() {
    // A sum, for it names whom it waits for as sums do; where it lies lives as long as MPI writes.
    MemorySegment token = thread.arena().allocate(Double.BYTES, Double.BYTES);
    return exchange("MPI_Iallreduce", (mpi, ignored, request) -> mpi.sumDoubles(token, 1, request));
  }

  @Override
  public @Nullable CommunicationException failure() {
    RuntimeException cause = thread.failure();
    return cause == null ? null : new CommunicationException(String.valueOf(cause.getMessage()));
  }

  private MpiExchange exchange(String function, MpiExchange.Call call) {
    return new MpiExchange(thread, function, call, thread.arena());
  }

  /** Name and version of the implementation. */
  public String implementation() {
    MemorySegment text = thread.arena().allocate(MpiCalls.TEXT_BYTES);
    MemorySegment length = thread.arena().allocate(JAVA_INT);
    return thread.call(
        () -> {
          thread.check("MPI_Get_library_version", calls.libraryVersion(text, length));
          return text.getString(0).lines().findFirst().orElse("").strip();
        });
  }

  /**
   * Ends MPI, which waits for all processes; after a failure it does nothing.
   *
   * @throws NativeException if MPI does not end
   * @throws CommunicationException if another process fails meanwhile
   */
  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    if (thread.isHalted()) {
      thread.close();
      return;
    }
    try {
      // MPI's own waiting would keep a processor busy.
      MpiExchange last = barrier();
      last.start(MemorySegment.NULL);
      last.awaitAtLeisure();
      // Of two processes that end MPI, each waits for an answer to its last message, and gives one
      // only while it waits itself. So neither may answer before it ends MPI, too: the other would
      // go on, and answer no more. (MPICH over UCX, by TCP.)
      thread.serve(null);
      long end = System.nanoTime() + LINGER_NANOS;
      while (System.nanoTime() < end) {
        LockSupport.parkNanos(end - System.nanoTime());
      }
      thread.call(
          () -> {
            thread.check("MPI_Finalize", calls.end());
            return rank;
          },
          END);
    } finally {
      thread.close();
    }
  }

  @Override
  public String toString() {
    return "%s of %d, %s".formatted(name(rank), size, calls.abi());
  }
}
