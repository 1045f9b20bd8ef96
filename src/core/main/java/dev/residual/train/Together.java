package dev.residual.train;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import dev.residual.engine.Communicator.Exchange;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * What the processes of a training tell each other, so that all go on, save and stop alike. Of one
 * process alone it gives what it was told.
 */
final class Together {
  private static final int LOSS = 0;
  private static final int TOP1 = 1;
  private static final int TOP5 = 2;
  private static final int STOPS = 3;
  private static final int SAVES = 4;
  private static final int NUMBERS = 5;

  private final Communicator communicator;
  private final Exchange exchange;
  private double[] numbers = new double[NUMBERS];

  Together(Communicator communicator) {
    this.communicator = communicator;
    exchange = communicator.sum(DType.F64, NUMBERS);
  }

  /** The number of processes. */
  int size() {
    return communicator.size();
  }

  /**
   * Adds up what a step came to.
   *
   * @param loss the mean of this process's part
   * @param stops whether this process wants to stop
   * @param saves whether this process wants to save; that of process 0 counts
   */
  void step(double loss, long top1, long top5, boolean stops, boolean saves) {
    boolean isDue = saves && communicator.rank() == 0;
    numbers = sum(exchange, loss, top1, top5, stops ? 1 : 0, isDue ? 1 : 0);
  }

  /** The sums of all processes. */
  private double[] sum(Exchange summing, double... own) {
    if (size() == 1) {
      return own;
    }
    // Another thread may sum.
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocateFrom(JAVA_DOUBLE, own);
      summing.run(memory);
      return memory.toArray(JAVA_DOUBLE);
    }
  }

  /** The mean loss of the last step. */
  double loss() {
    return numbers[LOSS] / size();
  }

  /** How many images of the last step had their class ranked first. */
  long top1() {
    return (long) numbers[TOP1];
  }

  /** How many images of the last step had their class among the first five. */
  long top5() {
    return (long) numbers[TOP5];
  }

  /** Whether a process wanted to stop at the last step. */
  boolean stops() {
    return numbers[STOPS] > 0;
  }

  /** Whether process 0 wanted to save at the last step. */
  boolean saves() {
    return numbers[SAVES] > 0;
  }

  /** The counts of all processes, of which each has measured its part. */
  Accuracy total(Accuracy part) {
    step(part.images(), part.top1(), part.top5(), false, false);
    return new Accuracy((long) numbers[LOSS], top1(), top5());
  }

  /**
   * Checks that all processes have the same, as checksums tell.
   *
   * @param things whose text is compared, by name
   * @throws CommunicationException naming the processes that differ from process 0, and in what
   */
  void requireEqual(Map<String, String> things) {
    if (size() > 1) {
      requireEqual(List.of("kinds of settings"), List.of(crc(things.keySet().toString())));
      requireEqual(
          List.copyOf(things.keySet()), things.values().stream().map(Together::crc).toList());
    }
  }

  private static long crc(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }

  /**
   * Checks that all processes have the same tensors.
   *
   * @param what they are, in words
   * @throws CommunicationException naming the processes that differ from process 0
   */
  void requireEqual(String what, Weights tensors) {
    if (size() > 1) {
      CRC32C crc = new CRC32C();
      tensors.tensors().values().forEach(tensor -> crc.update(tensor.data().toArray(JAVA_BYTE)));
      requireEqual(List.of(what), List.of(crc.getValue()));
    }
  }

  /** The names are the same everywhere. */
  private void requireEqual(List<String> names, List<Long> checksums) {
    int count = names.size();
    double[] own = new double[count * size()];
    for (int i = 0; i < count; i++) {
      // A double holds 32 bits exactly.
      own[communicator.rank() * count + i] = checksums.get(i);
    }
    double[] all = sum(communicator.sum(DType.F64, own.length), own);
    List<String> differences = new ArrayList<>();
    for (int process = 1; process < size(); process++) {
      List<String> others = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        if (all[process * count + i] != all[i]) {
          others.add(names.get(i));
        }
      }
      if (!others.isEmpty()) {
        differences.add(
            "%s has other %s than process 0"
                .formatted(communicator.name(process), String.join(", ", others)));
      }
    }
    if (!differences.isEmpty()) {
      throw CommunicationException.foundByAll(String.join("; ", differences));
    }
  }
}
