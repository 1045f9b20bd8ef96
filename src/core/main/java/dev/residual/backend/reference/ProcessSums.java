package dev.residual.backend.reference;

import dev.residual.engine.Communicator;
import dev.residual.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;

/** Sums over processes, which take numbers off the heap. */
final class ProcessSums implements Step {
  private final long count;
  private final Communicator.Exchange exchange;
  private final double[][] arrays;

  private ProcessSums(long count, Communicator.Exchange exchange, double[][] arrays) {
    this.count = count;
    this.exchange = exchange;
    this.arrays = arrays;
  }

  /** Replaces the numbers of arrays by their sums. */
  static ProcessSums of(Communicator communicator, double[]... arrays) {
    long count = Stream.of(arrays).mapToLong(array -> array.length).sum();
    return new ProcessSums(count, communicator.sum(DType.F64, count), arrays);
  }

  @Override
  public void run() {
    // Another thread may sum.
    try (Arena arena = Arena.ofShared()) {
      run(arena.allocate(count * Double.BYTES, Double.BYTES));
    }
  }

  private void run(MemorySegment memory) {
    long at = 0;
    for (double[] array : arrays) {
      MemorySegment numbers = MemorySegment.ofArray(array);
      MemorySegment.copy(numbers, 0, memory, at, numbers.byteSize());
      at += numbers.byteSize();
    }
    exchange.run(memory);
    at = 0;
    for (double[] array : arrays) {
      MemorySegment numbers = MemorySegment.ofArray(array);
      MemorySegment.copy(memory, at, numbers, 0, numbers.byteSize());
      at += numbers.byteSize();
    }
  }
}
