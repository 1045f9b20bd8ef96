package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A tensor with elements around it. The extents of dst say how many follow.
 *
 * @param src the tensor
 * @param dst the result
 * @param before how many elements come before along each axis
 * @param mode what the elements around are
 * @param value the constant; 0 in other modes
 */
public record Pad(Value src, Value dst, List<Integer> before, Mode mode, double value)
    implements Op {

  /** What the elements around a tensor are. */
  public enum Mode {
    /** a constant */
    CONSTANT,
    /** the nearest element of the tensor */
    EDGE,
    /** the element as far from the edge on the other side; the edge itself is not repeated */
    REFLECT
  }

  /** Checks shapes and numbers. */
  public Pad {
    before = List.copyOf(before);
    Check check = new Check("Pad");
    check.floating(src);
    check.sameType(src, dst);
    check.rank(dst, src.shape().rank());
    check.that(before.size() == src.shape().rank(), "%s before %s", before, src);
    check.that(value == 0 || mode == Mode.CONSTANT, "%s has no constant, it is %s", mode, value);
    for (int i = 0; i < before.size(); i++) {
      int extent = src.shape().dim(i);
      int after = dst.shape().dim(i) - extent - before.get(i);
      check.that(
          before.get(i) >= 0 && after >= 0,
          "%s before and the rest behind %s in %s",
          before,
          src,
          dst);
      check.that(
          mode != Mode.REFLECT || Math.max(before.get(i), after) < extent,
          "%s cannot be reflected in %s: %s before it",
          src,
          dst,
          before);
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
  public Pad map(UnaryOperator<Value> values) {
    return new Pad(values.apply(src), values.apply(dst), before, mode, value);
  }
}
