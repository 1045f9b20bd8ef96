package dev.residual;

import static org.assertj.core.api.Assertions.fail;

import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The memory of a value of a few images, again and again.
 *
 * @param few the value of a few images
 * @param times how often they repeat
 * @param layout how they lie
 * @param all the memory
 */
public record RepeatedMemory(Value few, int times, Layout layout, MemorySegment all) {

  /** New memory, all of it not a number. */
  public RepeatedMemory(Arena arena, Value few, int times, Layout layout) {
    this(few, times, layout, arena.allocate(few.bytes() * times, 64).fill((byte) 0xFF));
  }

  /** Copies a tensor to each place. */
  public void fill(Tensor tensor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment once =
          few.shape().rank() == 4 ? Elements.place(arena, tensor, layout) : tensor.data();
      for (int i = 0; i < times; i++) {
        at(i).copyFrom(once);
      }
    }
  }

  /** Requires a tensor at each place. */
  public void require(String what, Tensor expected, double tolerance) {
    MemorySegment first = at(0);
    for (int i = 0; i < times; i++) {
      if (i == 0 || at(i).mismatch(first) >= 0) {
        Tensor found =
            few.shape().rank() == 4
                ? Elements.take(at(i), expected, layout)
                : new Tensor(few.dtype(), few.shape(), at(i));
        String where = "%s, %s, repetition %d of %d".formatted(what, few.name(), i, times);
        Elements.requireClose(where, expected, found, tolerance);
      }
    }
  }

  private MemorySegment at(int i) {
    return all.asSlice(i * few.bytes(), few.bytes());
  }

  /** Requires so many times what is expected of one repetition. */
  public static void requireSum(
      String what, Tensor expected, Tensor found, int times, double tolerance) {
    double largest = 0;
    for (double element : expected.toDoubles()) {
      largest = Math.max(largest, Math.abs(element) * times);
    }
    for (int i = 0; i < expected.shape().elements(); i++) {
      double wanted = expected.get(i) * times;
      if (!(Math.abs(found.get(i) - wanted) <= tolerance * largest)) {
        fail("%s: element %d is %s, expected %s".formatted(what, i, found.get(i), wanted));
      }
    }
  }
}
