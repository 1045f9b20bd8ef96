package dev.residual.graph;

import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A function of the elements of two tensors, {@code dst = f(src0, src1)}, with broadcasting: where
 * an extent of one tensor is 1, its element serves all of the other's. Ranks are equal. NaN stays
 * NaN.
 *
 * @param src0 the first operand
 * @param src1 the second operand
 * @param dst the result, of {@link #dstShape}
 * @param function which function
 */
public record Binary(Value src0, Value src1, Value dst, Function function) implements Op {

  /** The functions of two elements a and b. */
  public enum Function {
    /** {@code a + b} */
    ADD,
    /** {@code a - b} */
    SUB,
    /** {@code a b} */
    MUL,
    /** {@code a / b} */
    DIV,
    /** the larger */
    MAX,
    /** the smaller */
    MIN;

    /** The value at a and b. */
    public double at(double a, double b) {
      return switch (this) {
        case ADD -> a + b;
        case SUB -> a - b;
        case MUL -> a * b;
        case DIV -> a / b;
        case MAX -> Math.max(a, b);
        case MIN -> Math.min(a, b);
      };
    }
  }

  /** Checks the shapes. */
  public Binary {
    Check check = new Check("Binary");
    check.floating(src0);
    check.sameType(src0, src1, dst);
    check.shape(dst, dstShape(src0, src1), "both operands broadcast");
  }

  /**
   * The shape of the result: the larger extent of each dimension.
   *
   * @throws IllegalArgumentException if ranks differ, or extents of which none is 1
   */
  public static Shape dstShape(Value src0, Value src1) {
    Shape shape = src0.shape();
    Shape other = src1.shape();
    Check check = new Check("Binary");
    check.that(shape.rank() == other.rank(), "%s and %s must have one rank", src0, src1);
    for (int i = 0; i < other.rank(); i++) {
      int extent = shape.dim(i);
      check.that(
          extent == other.dim(i) || extent == 1 || other.dim(i) == 1,
          "%s and %s must have equal extents, or 1",
          src0,
          src1);
      shape = shape.with(i, extent == 1 ? other.dim(i) : extent);
    }
    return shape;
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
  public Binary map(UnaryOperator<Value> values) {
    return new Binary(values.apply(src0), values.apply(src1), values.apply(dst), function);
  }
}
