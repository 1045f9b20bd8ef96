package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Every so many elements of a tensor along each axis. The extents of dst say how many.
 *
 * @param src the tensor
 * @param dst the result, of the same rank
 * @param starts the first element taken along each axis
 * @param steps the distance of elements taken along each axis; negative ones go backwards
 */
public record Slice(Value src, Value dst, List<Integer> starts, List<Integer> steps) implements Op {

  /** Checks the shapes. */
  public Slice {
    starts = List.copyOf(starts);
    steps = List.copyOf(steps);
    Check check = new Check("Slice");
    check.floating(src);
    check.sameType(src, dst);
    int rank = src.shape().rank();
    check.rank(dst, rank);
    check.that(
        starts.size() == rank && steps.size() == rank,
        "starts %s and steps %s of %s",
        starts,
        steps,
        src);
    for (int i = 0; i < rank; i++) {
      long first = starts.get(i);
      long last = first + (dst.shape().dim(i) - 1L) * steps.get(i);
      check.that(
          steps.get(i) != 0
              && Math.min(first, last) >= 0
              && Math.max(first, last) < src.shape().dim(i),
          "axis %d of %s has no elements %d to %d: starts %s, steps %s, %s",
          i,
          src,
          first,
          last,
          starts,
          steps,
          dst);
    }
  }

  @Override
  public List<Value> inputs() {
    return List.of(src);
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst);
  }

  @Override
  public Slice map(UnaryOperator<Value> values) {
    return new Slice(values.apply(src), values.apply(dst), starts, steps);
  }
}
