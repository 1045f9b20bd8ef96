package dev.residual.backend.cudnn;

import dev.residual.graph.Add;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place where gradients meet: the one that is computed last, by a convolution, and what it can be
 * added to.
 *
 * @param reader the operation that adds them
 * @param last computes the last one, which nothing else reads
 * @param other the other one, computed before and read by nothing after; null if there is no other
 * @param isPostponed whether the other one is computed after it, so that it has to wait
 */
record GradientSum(Op reader, Conv2dBackwardData last, @Nullable Value other, boolean isPostponed) {

  /** Of a batch norm's gradient, the best first; empty if none of a convolution reaches it. */
  static List<GradientSum> of(GraphIndex index, BatchNormBackward op) {
    Value second = op.diffDstAdd();
    if (second == null) {
      Conv2dBackwardData data = last(index, op, op.diffDst());
      return data == null ? List.of() : List.of(new GradientSum(op, data, null, false));
    }
    GradientSum sum = of(index, op, op.diffDst(), second);
    if (sum == null) {
      return List.of();
    }
    Value other = sum.other();
    Conv2dBackwardData first = other == null ? null : last(index, op, other);
    return first == null
        ? List.of(sum)
        : List.of(sum, new GradientSum(op, first, sum.last().diffSrc(), true));
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
    return isDone ? new GradientSum(op, data, other, false) : null;
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
