package dev.residual;

import static java.util.Objects.requireNonNull;

import dev.residual.graph.Add;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Lerp;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An operation whose values are called v0, v1 and so on, in the order of {@link #values}: two that
 * differ in names alone are equal.
 */
record CanonicalOp(Op op) {
  private static final Pattern VALUE = Pattern.compile("\\bv(\\d{1,4})\\b( [A-Z]+\\d+ [0-9x]+)?");

  /** The operation without the names that its values were given. */
  static CanonicalOp of(Op op) {
    return of(op, false);
  }

  /** The same for row-major memory: what is done to each element alone needs to know no images. */
  static CanonicalOp rowMajor(Op op) {
    return of(
        op,
        op instanceof Relu
            || op instanceof ReluBackward
            || op instanceof Add
            || op instanceof LossScaleUpdate
            || op instanceof GradientClip
            || op instanceof Lerp
            || op instanceof ParameterUpdate);
  }

  private static CanonicalOp of(Op op, boolean flat) {
    Map<Value, Value> canonical = new LinkedHashMap<>();
    for (Value value : values(op)) {
      Shape shape = flat ? flat(value.shape()) : value.shape();
      String name = "v" + canonical.size();
      canonical.put(value, new Value(name, shape, value.dtype(), roleAlone(op, value)));
    }
    return new CanonicalOp(op.map(value -> requireNonNull(canonical.get(value))));
  }

  /** An operation that is a graph by itself: the caller gives what another one has computed. */
  static Op alone(Op op) {
    return op.map(
        value -> new Value(value.name(), value.shape(), value.dtype(), roleAlone(op, value)));
  }

  private static Role roleAlone(Op op, Value value) {
    boolean isGiven = op.inputs().contains(value) && !op.outputs().contains(value);
    return isGiven && value.role() == Role.ACTIVATION ? Role.INPUT : value.role();
  }

  private static Shape flat(Shape shape) {
    long columns = shape.rank() == 4 ? shape.elements() / shape.dim(0) : Integer.MAX_VALUE;
    return columns < Integer.MAX_VALUE ? Shape.of(shape.dim(0), (int) columns) : shape;
  }

  /** The values of an operation, inputs and then outputs, each once. */
  static List<Value> values(Op op) {
    Set<Value> values = new LinkedHashSet<>(op.inputs());
    values.addAll(op.outputs());
    return List.copyOf(values);
  }

  /** A message about canonical values, about the caller's instead. */
  static String named(String message, List<Value> values) {
    return VALUE
        .matcher(message)
        .replaceAll(found -> Matcher.quoteReplacement(named(found, values)));
  }

  private static String named(MatchResult found, List<Value> values) {
    int index = Integer.parseInt(found.group(1));
    if (index >= values.size()) {
      return found.group();
    }
    Value value = values.get(index);
    return found.group(2) == null ? value.name() : value.toString();
  }
}
