package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The mean of each channel over all positions.
 *
 * @param src the input, n c h w
 * @param dst the means, n c 1 1
 */
public record GlobalAvgPool(Value src, Value dst) implements Op {

  /** Checks the shapes. */
  public GlobalAvgPool {
    Check check = new Check("GlobalAvgPool");
    check.rank(src, 4);
    check.floating(src);
    check.sameType(src, dst);
    check.shape(dst, src.shape().with(2, 1).with(3, 1), "for " + src);
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
  public GlobalAvgPool map(UnaryOperator<Value> values) {
    return new GlobalAvgPool(values.apply(src), values.apply(dst));
  }
}
