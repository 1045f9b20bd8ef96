package dev.residual.graph;

import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A parameter or state that moves towards another tensor: {@code target += share * (source -
 * target)}, as {@code torch.lerp} does. Averages of weights and sums of gradients are made of it.
 *
 * <p>Where the share is 0, the target keeps its bits. Where it is 1, it gets those of the source,
 * whatever it held.
 *
 * @param target a parameter or state, changed in place
 * @param source of the same shape
 * @param share a scalar
 */
public record Lerp(Value target, Value source, Value share) implements Op {

  /** Checks the shapes. */
  public Lerp {
    Check check = new Check("Lerp");
    check.that(
        target.role() == Role.PARAMETER || target.role() == Role.STATE,
        "%s is neither a parameter nor a state",
        target);
    check.that(!target.equals(source), "%s is target and source", target);
    check.same(target, source);
    check.shape(share, Shape.SCALAR, "one share");
    check.sameType(target, share);
  }

  /** The element between two, in the form that errs least at the nearer end. */
  public double between(double from, double to, double part) {
    if (part == 1) {
      return to;
    }
    return part < 0.5 ? from + part * (to - from) : to - (1 - part) * (to - from);
  }

  @Override
  public List<Value> inputs() {
    return List.of(target, source, share);
  }

  @Override
  public List<Value> outputs() {
    return List.of();
  }

  @Override
  public List<Value> updates() {
    return List.of(target);
  }

  @Override
  public Lerp map(UnaryOperator<Value> values) {
    return new Lerp(values.apply(target), values.apply(source), values.apply(share));
  }
}
