package dev.residual.backend.cudnn;

import dev.residual.graph.Add;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import org.jspecify.annotations.Nullable;

/**
 * A place where gradients meet: the one that is computed last, by a convolution, and what it can be
 * added to.
 *
 * @param reader the operation that adds them
 * @param last computes the last one, which nothing else reads
 * @param other the other one, computed before and read by nothing after; null if there is no other
 */
record GradientSum(Op reader, Conv2dBackwardData last, @Nullable Value other) {

  /** Of a batch norm's gradient; null if none of a convolution reaches it. */
  static @Nullable GradientSum of(GraphIndex index, BatchNormBackward op) {
    Value second = op.diffDstAdd();
    if (second == null) {
      return last(index, op, op.diffDst()) instanceof Conv2dBackwardData data
          ? new GradientSum(op, data, null)
          : null;
    }
    return of(index, op, op.diffDst(), second);
  }

  /** Of a sum; null if it is none of a convolution's gradient. */
  static @Nullable GradientSum of(GraphIndex index, Add op) {
    boolean isNew = !index.graph().outputs().contains(op.dst());
    return isNew ? of(index, op, op.src0(), op.src1()) : null;
  }

  private static @Nullable GradientSum of(GraphIndex index, Op op, Value first, Value second) {
    GradientSum sum = ordered(index, op, first, second);
    return sum != null ? sum : ordered(index, op, second, first);
  }

  private static @Nullable GradientSum ordered(
      GraphIndex index, Op op, Value other, Value candidate) {
    Conv2dBackwardData data = last(index, op, candidate);
    Op before = index.producer(other);
    if (data == null
        || before == null
        || other.equals(candidate)
        || other.role() != Role.ACTIVATION
        || index.graph().outputs().contains(other)) {
      return null;
    }
    int at = index.position(data);
    boolean isDone =
        index.position(before) < at
            && index.readers(other).stream()
                .allMatch(reader -> reader.equals(op) || index.position(reader) < at);
    return isDone ? new GradientSum(op, data, other) : null;
  }

  private static @Nullable Conv2dBackwardData last(GraphIndex index, Op op, Value candidate) {
    return index.producer(candidate) instanceof Conv2dBackwardData data
            && index.readers(candidate).size() == 1
            && index.readers(candidate).getFirst().equals(op)
            && !index.graph().outputs().contains(candidate)
        ? data
        : null;
  }
}
