package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The step of a dynamic loss scale: whether gradients have overflowed, what undoes their scale, and
 * the scale of the next step (Micikevicius et al. 2018, "Mixed Precision Training", section 3.2).
 *
 * <p>The loss is multiplied by the scale, so that small gradients do not become 0 in {@link
 * DType#F16}. Where all gradients are finite, the factor is 1 / scale, and after a number of such
 * steps in a row the scale is doubled. Where one is infinite or NaN, the factor is 0, which lets
 * each {@link ParameterUpdate} skip its step, and the scale is halved. So does PyTorch's {@code
 * GradScaler}, which starts from the same scale. Scales stay in [1, {@value #LARGEST}] and are
 * powers of two: scaling changes no digit.
 *
 * <p>A scale that is out of this range, as the 0 of a new session, becomes {@value #INITIAL}, and
 * the factor is 0.
 *
 * <p>Where a factor is given already, it is multiplied in. Where that is 0, the updates are skipped
 * anyhow: the scale stays as it is, as between the runs of one mean of gradients.
 *
 * @param gradients all that is computed from the scaled loss, of any shapes and one type
 * @param scale a scalar, changed in place
 * @param goodSteps the steps in a row since the scale was changed or gradients overflowed, a
 *     scalar, {@link DType#I32}, changed in place
 * @param given what gradients are multiplied by already, a scalar; null stands for 1
 * @param factor what they are to be multiplied by instead, a scalar
 * @param growthInterval the number of good steps after which the scale is doubled, at least 1
 */
public record LossScaleUpdate(
    List<Value> gradients,
    Value scale,
    Value goodSteps,
    @Nullable Value given,
    Value factor,
    int growthInterval)
    implements Op {
  /** The first scale. */
  public static final int INITIAL = 1 << 16;

  /** The largest scale. */
  public static final int LARGEST = 1 << 24;

  private static final int GROWTH_INTERVAL = 2000;

  /** Checks shapes and types. */
  public LossScaleUpdate {
    gradients = List.copyOf(gradients);
    Check check = new Check("LossScaleUpdate");
    check.that(!gradients.isEmpty(), "no gradients are given for %s", scale);
    check.floating(scale);
    check.that(!scale.dtype().isHalf(), "%s must be F32 or F64", scale);
    check.shape(scale, Shape.SCALAR, "one scale");
    check.sameType(scale, gradients.toArray(Value[]::new));
    check.shape(goodSteps, Shape.SCALAR, "one number of steps");
    check.type(goodSteps, DType.I32);
    check.shape(factor, Shape.SCALAR, "one factor");
    check.shape(given, Shape.SCALAR, "one factor");
    check.sameType(scale, given, factor);
    check.range("growth interval", growthInterval, 1, Integer.MAX_VALUE);
  }

  /**
   * The step of the scale of these gradients, which is doubled after 2,000 good steps. It makes the
   * states {@code loss_scale} and {@code loss_scale.good_steps}, and the factor {@code
   * gradient_factor}.
   *
   * @param gradients at least one
   */
  public static LossScaleUpdate of(List<Value> gradients) {
    DType dtype = gradients.isEmpty() ? DType.F32 : gradients.getFirst().dtype();
    return new LossScaleUpdate(
        gradients,
        Value.state("loss_scale", Shape.SCALAR, dtype),
        Value.state("loss_scale.good_steps", Shape.SCALAR, DType.I32),
        null,
        Value.activation("gradient_factor", Shape.SCALAR, dtype),
        GROWTH_INTERVAL);
  }

  /** This with another number of good steps after which the scale is doubled, at least 1. */
  public LossScaleUpdate withGrowthInterval(int steps) {
    return new LossScaleUpdate(gradients, scale, goodSteps, given, factor, steps);
  }

  /** This with gradients that are multiplied by a scalar already; null stands for 1. */
  public LossScaleUpdate withGiven(@Nullable Value scalar) {
    return new LossScaleUpdate(gradients, scale, goodSteps, scalar, factor, growthInterval);
  }

  /**
   * What gradients of this scale are to be multiplied by: 0 to skip the step.
   *
   * @param isFinite whether all gradients are
   */
  public static double factor(double scale, boolean isFinite) {
    return isFinite && isScale(scale) ? 1 / scale : 0;
  }

  /** The scale of the next step. */
  public double nextScale(double scale, int goodSteps, boolean isFinite) {
    if (!isScale(scale)) {
      return INITIAL;
    }
    if (!isFinite) {
      return Math.max(scale / 2, 1);
    }
    return nextGoodSteps(scale, goodSteps, true) == 0 ? Math.min(2 * scale, LARGEST) : scale;
  }

  /** The good steps in a row before the next step. */
  public int nextGoodSteps(double scale, int goodSteps, boolean isFinite) {
    boolean isGood = isFinite && isScale(scale);
    return isGood && goodSteps < growthInterval - 1 ? goodSteps + 1 : 0;
  }

  private static boolean isScale(double scale) {
    return scale >= 1 && scale <= LARGEST;
  }

  @Override
  public List<Value> inputs() {
    List<Value> inputs = new ArrayList<>(gradients);
    inputs.add(scale);
    inputs.add(goodSteps);
    inputs.addAll(Op.present(given));
    return List.copyOf(inputs);
  }

  @Override
  public List<Value> outputs() {
    return List.of(factor);
  }

  @Override
  public List<Value> updates() {
    return List.of(scale, goodSteps);
  }

  @Override
  public LossScaleUpdate map(UnaryOperator<Value> values) {
    return new LossScaleUpdate(
        gradients.stream().map(values).toList(),
        values.apply(scale),
        values.apply(goodSteps),
        Value.mapped(given, values),
        values.apply(factor),
        growthInterval);
  }
}
