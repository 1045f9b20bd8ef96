package dev.residual.engine;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The processes that run the same graph together, each with its part of the data.
 *
 * <p>All make the same exchanges in the same order. An exchange that another process does not take
 * part in ends with a {@link CommunicationException} after a time limit.
 */
public interface Communicator {

  /** One process, which has all data. */
  Communicator ALONE =
      new Communicator() {
        @Override
        public int rank() {
          return 0;
        }

        @Override
        public int size() {
          return 1;
        }

        @Override
        public Exchange sum(DType dtype, long count) {
          return Exchange.NONE;
        }

        @Override
        public Exchange broadcast(long bytes) {
          return Exchange.NONE;
        }

        @Override
        public Exchange barrier() {
          return Exchange.NONE;
        }

        @Override
        public String toString() {
          return "one process";
        }
      };

  /** The number of this process, from 0. */
  int rank();

  /** The number of processes. */
  int size();

  /** How long to wait for other processes before an exchange fails. */
  default Duration patience() {
    return Duration.ofMinutes(5);
  }

  /**
   * An exchange that replaces numbers by their sums over all processes, as often as it is started.
   *
   * @param dtype {@link DType#F32} or {@link DType#F64}
   * @param count how many numbers
   * @throws IllegalArgumentException if there are too many for one exchange, or of another type
   */
  Exchange sum(DType dtype, long count);

  /**
   * An exchange that replaces bytes by those of process 0, as often as it is started.
   *
   * @throws IllegalArgumentException if there are too many for one exchange
   */
  Exchange broadcast(long bytes);

  /**
   * An exchange of nothing, which ends when all processes have started it. It takes no memory of
   * those that wait, and so need not be awaited before theirs is freed.
   */
  Exchange barrier();

  /** Why the processes do not work together any more; null while they do, as far as is known. */
  default @Nullable CommunicationException failure() {
    return null;
  }

  /** A process in words, as messages name it. */
  default String name(int process) {
    return "process " + process;
  }

  /**
   * Asks the others which of them keep all waiting, in words; may take seconds.
   *
   * @throws CommunicationException if they cannot be asked any more
   */
  default String blame() {
    return "all processes are there";
  }

  /**
   * Checks that a graph is for as many processes.
   *
   * @throws IllegalArgumentException naming an operation that is for another number
   */
  default void require(Graph graph) {
    for (Op op : graph.ops()) {
      int processes =
          switch (op) {
            case BatchNorm norm -> norm.processes();
            case BatchNormBackward norm -> norm.processes();
            default -> 1;
          };
      if (processes != 1 && processes != size()) {
        throw new IllegalArgumentException(
            "%s is for %d processes, but there are %d".formatted(op, processes, size()));
      }
    }
  }

  /** Something that all processes do together. One that runs is awaited before it starts again. */
  interface Exchange {
    /** That of one process. */
    Exchange NONE =
        new Exchange() {
          @Override
          public void start(MemorySegment memory) {}

          @Override
          public void await() {}
        };

    /**
     * Begins, and returns at once. The memory belongs to the exchange until it is awaited.
     *
     * @param memory off the heap
     */
    void start(MemorySegment memory);

    /**
     * Waits until the result is there; returns at once where it is not under way.
     *
     * @throws CommunicationException if it does not come
     */
    void await();

    /**
     * Begins, and waits until the result is there.
     *
     * @param memory off the heap
     * @throws CommunicationException if it does not come
     */
    default void run(MemorySegment memory) {
      start(memory);
      await();
    }
  }
}
