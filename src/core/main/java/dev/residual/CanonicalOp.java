package dev.residual;

import dev.residual.graph.Op;
import dev.residual.graph.Value;
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
  private static final Pattern NAME = Pattern.compile("\\bv(\\d{1,4})\\b");

  /** The operation without the names that its values were given. */
  static CanonicalOp of(Op op) {
    Map<Value, Value> names = new LinkedHashMap<>();
    for (Value value : values(op)) {
      String name = "v" + names.size();
      names.put(value, new Value(name, value.shape(), value.dtype(), value.role()));
    }
    return new CanonicalOp(op.map(names::get));
  }

  /** The values of an operation, inputs and then outputs, each once. */
  static List<Value> values(Op op) {
    Set<Value> values = new LinkedHashSet<>(op.inputs());
    values.addAll(op.outputs());
    return List.copyOf(values);
  }

  /** A message about canonical values in the names of the caller's. */
  static String named(String message, List<Value> values) {
    return NAME.matcher(message).replaceAll(found -> Matcher.quoteReplacement(name(found, values)));
  }

  private static String name(MatchResult found, List<Value> values) {
    int index = Integer.parseInt(found.group(1));
    return index < values.size() ? values.get(index).name() : found.group();
  }
}
