package dev.residual.engine;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Processes that are threads of this one, and sum in the order of their numbers. */
public final class ThreadProcesses {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final int size;
  private final Duration patience;
  private final List<Meeting> meetings = new ArrayList<>();

  private ThreadProcesses(int size, Duration patience) {
    this.size = size;
    this.patience = patience;
  }

  /** What a process does. */
  public interface Part<T> {
    T run(Communicator communicator) throws Exception;
  }

  /** Runs a part for each of so many processes, and gives their results in order. */
  public static <T> List<T> run(int size, Part<T> part) throws Exception {
    return run(size, PATIENCE, part);
  }

  /** The same with processes that wait so long for each other. */
  public static <T> List<T> run(int size, Duration patience, Part<T> part) throws Exception {
    ThreadProcesses all = new ThreadProcesses(size, patience);
    try (ExecutorService threads = Executors.newFixedThreadPool(size)) {
      List<Callable<T>> parts = new ArrayList<>();
      for (int rank = 0; rank < size; rank++) {
        Communicator own = all.new Member(rank);
        parts.add(() -> part.run(own));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> result : threads.invokeAll(parts)) {
        results.add(result.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private synchronized Meeting meeting(int number, Consumer<List<MemorySegment>> work) {
    if (number == meetings.size()) {
      meetings.add(new Meeting(size, work));
    }
    return meetings.get(number);
  }

  /** The same exchange of all processes; whoever comes last does the work. */
  private static final class Meeting {
    private final Phaser phaser;
    private final MemorySegment[] memory;

    Meeting(int size, Consumer<List<MemorySegment>> work) {
      memory = new MemorySegment[size];
      phaser =
          new Phaser(size) {
            @Override
            protected boolean onAdvance(int phase, int parties) {
              work.accept(List.of(memory));
              return false;
            }
          };
    }
  }

  private final class Member implements Communicator {
    private final int rank;
    private int exchanges;

    Member(int rank) {
      this.rank = rank;
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
    public Duration patience() {
      return patience;
    }

    @Override
    public Exchange sum(DType dtype, long count) {
      return exchange(dtype == DType.F32 ? all -> addFloats(all, count) : all -> add(all, count));
    }

    @Override
    public Exchange broadcast(long bytes) {
      return exchange(
          all -> all.forEach(each -> MemorySegment.copy(all.getFirst(), 0, each, 0, bytes)));
    }

    @Override
    public Exchange barrier() {
      return exchange(all -> {});
    }

    private Exchange exchange(Consumer<List<MemorySegment>> work) {
      Meeting meeting = meeting(exchanges++, work);
      return new Exchange() {
        private int phase = -1;

        @Override
        public void start(MemorySegment memory) {
          meeting.memory[rank] = memory;
          phase = meeting.phaser.arrive();
        }

        @Override
        public void await() {
          if (phase < 0) {
            return;
          }
          try {
            meeting.phaser.awaitAdvanceInterruptibly(
                phase, patience.toNanos(), TimeUnit.NANOSECONDS);
          } catch (InterruptedException | TimeoutException e) {
            throw new CommunicationException("process " + rank + " waits in vain: " + e);
          }
          phase = -1;
        }
      };
    }
  }

  private static void addFloats(List<MemorySegment> all, long count) {
    for (long i = 0; i < count; i++) {
      float sum = 0;
      for (MemorySegment each : all) {
        sum += each.getAtIndex(JAVA_FLOAT, i);
      }
      for (MemorySegment each : all) {
        each.setAtIndex(JAVA_FLOAT, i, sum);
      }
    }
  }

  private static void add(List<MemorySegment> all, long count) {
    for (long i = 0; i < count; i++) {
      double sum = 0;
      for (MemorySegment each : all) {
        sum += each.getAtIndex(JAVA_DOUBLE, i);
      }
      for (MemorySegment each : all) {
        each.setAtIndex(JAVA_DOUBLE, i, sum);
      }
    }
  }
}
