package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An operation on elements, {@code y = mode(alpha1 x, alpha2 b)}; operands of extent 1 are
 * stretched.
 *
 * <p>It is computed in FLOAT, whatever the types of the tensors.
 *
 * @param mode what is computed
 * @param x the first operand; of a gradient, dy
 * @param b the second operand, null if there is none; of a gradient, the input of the forward
 *     operation
 * @param y the result; of a gradient, dx
 * @param alpha1 the factor of x
 * @param alpha2 the factor of b
 */
public record Pointwise(
    Mode mode, GraphTensor x, @Nullable GraphTensor b, GraphTensor y, double alpha1, double alpha2)
    implements Node {

  /** What is computed of elements x and b. */
  public enum Mode {
    /** The sum. */
    ADD(2),
    /** The product. */
    MUL(2),
    /** x - b. */
    SUB(2),
    /** x / b. */
    DIV(2),
    /** The smaller. */
    MIN(2),
    /** The greater. */
    MAX(2),
    /** The square root. */
    SQRT(1),
    /** 1 by the square root. */
    RSQRT(1),
    /** The absolute value. */
    ABS(1),
    /** -x. */
    NEG(1),
    /** x, in the type of the result. */
    IDENTITY(1),
    /** max(x, 0). */
    RELU_FWD(1),
    /** x, where b is greater than 0, else 0. */
    RELU_BWD(2),
    /** Whether x = b. */
    CMP_EQ(2),
    /** Whether x is greater than b. */
    CMP_GT(2),
    /** Whether x is greater than or equal to b. */
    CMP_GE(2),
    /** Whether x is less than b. */
    CMP_LT(2),
    /** Whether x is less than or equal to b. */
    CMP_LE(2);

    private final int operands;

    Mode(int operands) {
      this.operands = operands;
    }

    /** How many operands there are. */
    public int operands() {
      return operands;
    }

    /** Whether it is the gradient of another mode. */
    public boolean isBackward() {
      return this == RELU_BWD;
    }
  }

  /** Checks operands and shapes. */
  public Pointwise {
    Check check = new Check("Pointwise " + mode);
    if ((b == null) != (mode.operands() == 1)) {
      throw check.failure(mode.operands() + " operands are needed, not " + (b == null ? 1 : 2));
    }
    check.broadcast(x, y);
    if (b != null) {
      check.broadcast(b, y);
    }
  }

  /** An operation on one operand. */
  public static Pointwise of(Mode mode, GraphTensor x, GraphTensor y) {
    return new Pointwise(mode, x, null, y, 1, 1);
  }

  /** An operation on two operands. */
  public static Pointwise of(Mode mode, GraphTensor x, GraphTensor b, GraphTensor y) {
    return new Pointwise(mode, x, b, y, 1, 1);
  }

  @Override
  public List<GraphTensor> inputs() {
    return NodeText.present(x, b);
  }

  @Override
  public List<GraphTensor> outputs() {
    return List.of(y);
  }

  @Override
  public String text(Function<? super GraphTensor, String> tensors) {
    String factors = alpha1 == 1 && alpha2 == 1 ? "" : "alpha " + alpha1 + " " + alpha2;
    return b == null
        ? NodeText.of(tensors, NodeText.list(y), "Pointwise", mode, x, factors)
        : NodeText.of(tensors, NodeText.list(y), "Pointwise", mode, x, b, factors);
  }

  @Override
  public String toString() {
    return text(GraphTensor::toString);
  }
}
