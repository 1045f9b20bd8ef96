package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A function of each element, {@code dst = f(src)}, on any shape. NaN stays NaN.
 *
 * @param src the input
 * @param dst the result
 * @param function which function
 * @param alpha its first number; functions without numbers want 0
 * @param beta its second number; functions without a second want 0
 */
public record Eltwise(Value src, Value dst, Function function, double alpha, double beta)
    implements Op {

  /** The functions of one element x. */
  public enum Function {
    /** {@code min(max(x, alpha), beta)} */
    CLIP,
    /** {@code x} where it is not negative, else {@code alpha x} */
    LEAKY_RELU,
    /** {@code 1 / (1 + exp(-x))} */
    SIGMOID,
    /** {@code min(max(alpha x + beta, 0), 1)} */
    HARD_SIGMOID,
    /** {@code x min(max(alpha x + beta, 0), 1)}; alpha 1/6 and beta 1/2 in MobileNetV3 */
    HARD_SWISH,
    /** {@code x / (1 + exp(-x))} */
    SWISH,
    /** {@code x} times the probability that a normal variable is below it: PyTorch's exact GELU */
    GELU,
    /** {@code alpha x + beta} */
    LINEAR;

    /** The value at x. */
    public double at(double x, double alpha, double beta) {
      return switch (this) {
        case CLIP -> Math.min(Math.max(x, alpha), beta);
        case LEAKY_RELU -> x < 0 ? alpha * x : x;
        case SIGMOID -> logistic(x);
        case HARD_SIGMOID -> Math.min(Math.max(alpha * x + beta, 0), 1);
        case HARD_SWISH -> x * Math.min(Math.max(alpha * x + beta, 0), 1);
        case SWISH -> x * logistic(x);
        case GELU -> x * NormalDistribution.below(x);
        case LINEAR -> alpha * x + beta;
      };
    }

    /**
     * The gradient at x, from that of the value. At a kink it is that of the side where the
     * function is flatter.
     */
    public double gradient(double x, double alpha, double beta, double diff) {
      double inner = alpha * x + beta;
      double s = logistic(x);
      return switch (this) {
        case CLIP -> x <= alpha || x >= beta ? 0 : diff;
        case LEAKY_RELU -> x <= 0 ? alpha * diff : diff;
        case SIGMOID -> diff * (s * (1 - s));
        case HARD_SIGMOID -> inner <= 0 || inner >= 1 ? 0 : alpha * diff;
        case HARD_SWISH -> inner <= 0 ? 0 : inner >= 1 ? diff : diff * (inner + alpha * x);
        case SWISH -> diff * (s * (1 + x * (1 - s)));
        case GELU -> diff * (NormalDistribution.below(x) + x * NormalDistribution.density(x));
        case LINEAR -> alpha * diff;
      };
    }

    private static double logistic(double x) {
      return 1 / (1 + Math.exp(-x));
    }

    private int numbers() {
      return switch (this) {
        case CLIP, HARD_SIGMOID, HARD_SWISH, LINEAR -> 2;
        case LEAKY_RELU -> 1;
        case SIGMOID, SWISH, GELU -> 0;
      };
    }
  }

  /** Checks shapes and numbers. */
  public Eltwise {
    Check check = new Check("Eltwise");
    check.same(src, dst);
    check(check, function, alpha, beta);
  }

  static void check(Check check, Function function, double alpha, double beta) {
    check.that(!Double.isNaN(alpha) && !Double.isNaN(beta), "alpha is %s, beta %s", alpha, beta);
    check.that(alpha == 0 || function.numbers() >= 1, "%s has no alpha, it is %s", function, alpha);
    check.that(beta == 0 || function.numbers() == 2, "%s has no beta, it is %s", function, beta);
    check.that(
        function == Function.CLIP || Double.isFinite(alpha) && Double.isFinite(beta),
        "alpha is %s, beta %s, they must be finite",
        alpha,
        beta);
    check.that(
        function != Function.CLIP || alpha <= beta,
        "the lower bound is %s, the upper %s",
        alpha,
        beta);
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
  public Eltwise map(UnaryOperator<Value> values) {
    return new Eltwise(values.apply(src), values.apply(dst), function, alpha, beta);
  }
}
