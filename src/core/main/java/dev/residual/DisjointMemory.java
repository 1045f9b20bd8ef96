package dev.residual;

import dev.residual.graph.Add;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The rule that what an operation writes overlaps nothing else: elements would be lost that are
 * still to be read. Where each element is computed alone, a result may replace an input.
 */
final class DisjointMemory {
  private final Op op;
  private final Value[] values;
  private final boolean[] isWritten;

  /** For a written value and another, whether they may be the same memory. */
  private final boolean[][] isReplaceable;

  DisjointMemory(Op op, List<Value> values) {
    this.op = op;
    this.values = values.toArray(Value[]::new);
    isWritten = new boolean[this.values.length];
    isReplaceable = new boolean[this.values.length][this.values.length];
    for (int i = 0; i < this.values.length; i++) {
      Value value = this.values[i];
      isWritten[i] = op.outputs().contains(value) || op.updates().contains(value);
      for (int j = 0; j < this.values.length; j++) {
        isReplaceable[i][j] = isElementwise(op) && isReplaceable(value, this.values[j]);
      }
    }
  }

  private boolean isReplaceable(Value value, Value input) {
    return op.outputs().contains(value)
        && op.inputs().contains(input)
        && !op.updates().contains(input)
        && value.shape().equals(input.shape())
        && value.dtype() == input.dtype();
  }

  private static boolean isElementwise(Op op) {
    return op instanceof Relu
        || op instanceof ReluBackward
        || op instanceof Add
        || op instanceof Dropout
        || op instanceof DropoutBackward
        || op instanceof EltwiseBackward;
  }

  /**
   * Checks the off-heap memory of all values, in their order.
   *
   * @throws IllegalArgumentException naming two values whose memory overlaps
   */
  void require(MemorySegment[] memory) {
    for (int i = 0; i < values.length; i++) {
      for (int j = 0; isWritten[i] && j < values.length; j++) {
        if (i != j
            && overlap(i, memory[i], j, memory[j])
            && !(isReplaceable[i][j] && memory[i].address() == memory[j].address())) {
          throw new IllegalArgumentException(
              "%s: the memory of %s overlaps that of %s, expected memory of its own"
                  .formatted(op.kind(), values[i], values[j]));
        }
      }
    }
  }

  private boolean overlap(int i, MemorySegment a, int j, MemorySegment b) {
    return isChecked(i, a)
        && isChecked(j, b)
        && a.address() < b.address() + values[j].bytes()
        && b.address() < a.address() + values[i].bytes();
  }

  /** What has a wrong size is refused for that; addresses of a device have none. */
  private boolean isChecked(int index, MemorySegment memory) {
    return memory.isNative()
        && (memory.byteSize() == values[index].bytes() || memory.byteSize() == 0);
  }
}
