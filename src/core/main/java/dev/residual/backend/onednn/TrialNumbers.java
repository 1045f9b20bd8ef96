package dev.residual.backend.onednn;

import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * The numbers of a trial: small integers in floating types, all that there are in 8-bit types, and
 * scales such that results spread over their range.
 *
 * @param convolved what is tried
 * @param value what the numbers are for
 */
record TrialNumbers(Convolved convolved, Value value) {
  /** A prime number, so that rows and channels do not repeat each other. */
  private static final int PERIOD = 8191;

  private static final int LARGEST = 3;
  private static final double MEAN_BYTE = 80;

  /** Writes them over memory of the value's size. */
  void fill(MemorySegment memory) {
    Tensor pattern = Tensor.zeros(value.dtype(), Shape.of(PERIOD));
    Random random = new Random(value.name().hashCode());
    for (int i = 0; i < PERIOD; i++) {
      pattern.set(i, number(random));
    }
    long bytes = pattern.data().byteSize();
    for (long start = 0; start < memory.byteSize(); start += bytes) {
      long length = Math.min(bytes, memory.byteSize() - start);
      MemorySegment.copy(pattern.data(), 0, memory, start, length);
    }
  }

  private double number(Random random) {
    if (!value.dtype().isFloating()) {
      return random.nextInt(256) - (value.dtype() == DType.S8 ? 128 : 0);
    }
    if (convolved.op() instanceof QuantizedConv2d conv && value.name().equals("scale")) {
      double sum = conv.srcScale() * MEAN_BYTE * MEAN_BYTE * Math.sqrt(convolved.products());
      return conv.dstScale() * (20 + random.nextInt(40)) / sum;
    }
    return random.nextInt(2 * LARGEST + 1) - LARGEST;
  }
}
