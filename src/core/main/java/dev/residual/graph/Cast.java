package dev.residual.graph;

import dev.residual.tensor.DType;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The same elements in another type. {@link DType#F32} is rounded to the nearest {@link DType#BF16}
 * or {@link DType#F16}, ties to even; what is too large for F16 becomes an infinity. {@link
 * DType#BF16} and {@link DType#F16} are widened exactly.
 *
 * @param src the input, any shape
 * @param dst the result, of the same shape and the other type
 */
public record Cast(Value src, Value dst) implements Op {

  /** Checks shapes and types. */
  public Cast {
    Check check = new Check("Cast");
    check.shape(dst, src.shape(), "that of " + src);
    check.that(
        (src.dtype() == DType.F32 && dst.dtype().isHalf())
            || (src.dtype().isHalf() && dst.dtype() == DType.F32),
        "%s and %s must be of F32 and BF16 or F16, or the reverse",
        src,
        dst);
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
  public Cast map(UnaryOperator<Value> values) {
    return new Cast(values.apply(src), values.apply(dst));
  }
}
