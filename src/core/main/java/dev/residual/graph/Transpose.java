package dev.residual.graph;

import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * A tensor with its axes in another order.
 *
 * @param src the tensor
 * @param dst the result, of {@link #dstShape}
 * @param axes the axis of src that each axis of dst is
 */
public record Transpose(Value src, Value dst, List<Integer> axes) implements Op {

  /** Checks the shapes. */
  public Transpose {
    axes = List.copyOf(axes);
    Check check = new Check("Transpose");
    check.floating(src);
    check.sameType(src, dst);
    check.shape(dst, dstShape(src, axes), "axes " + axes + " of " + src);
  }

  /**
   * The shape of the result.
   *
   * @throws IllegalArgumentException if the axes are no permutation
   */
  public static Shape dstShape(Value src, List<Integer> axes) {
    int rank = src.shape().rank();
    List<Integer> all = IntStream.range(0, rank).boxed().toList();
    new Check("Transpose")
        .that(
            axes.stream().sorted().toList().equals(all),
            "axes %s of %s, expected a permutation of %s",
            axes,
            src,
            all);
    return Shape.of(axes.stream().mapToInt(axis -> src.shape().dim(axis)).toArray());
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
  public Transpose map(UnaryOperator<Value> values) {
    return new Transpose(values.apply(src), values.apply(dst), axes);
  }
}
