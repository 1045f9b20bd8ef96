package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The elementwise sum of two tensors of equal shape.
 *
 * @param src0 a summand
 * @param src1 a summand
 * @param dst the sum
 */
public record Add(Value src0, Value src1, Value dst) implements Op {

  /** Checks the shapes. */
  public Add {
    Check check = new Check("Add");
    check.same(src0, src1);
    check.same(src0, dst);
  }

  @Override
  public List<Value> inputs() {
    return List.of(src0, src1);
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst);
  }

  @Override
  public Add map(UnaryOperator<Value> values) {
    return new Add(values.apply(src0), values.apply(src1), values.apply(dst));
  }
}
