package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Tensors joined along the channels.
 *
 * @param srcs the parts, each n c_i h w
 * @param dst the whole, n sum(c_i) h w
 */
public record Concat(List<Value> srcs, Value dst) implements Op {

  /** Checks the shapes. */
  public Concat {
    srcs = List.copyOf(srcs);
    check("Concat", srcs, dst);
  }

  static void check(String kind, List<Value> parts, Value whole) {
    Check check = new Check(kind);
    check.rank(whole, 4);
    check.that(!parts.isEmpty(), "no parts are given for %s", whole);
    int channels = 0;
    for (Value part : parts) {
      check.rank(part, 4);
      check.sameType(whole, part);
      check.shape(part, whole.shape().with(1, part.shape().dim(1)), "a part of " + whole);
      channels += part.shape().dim(1);
    }
    check.that(channels == whole.shape().dim(1), "the parts have %d channels, %s", channels, whole);
  }

  @Override
  public List<Value> inputs() {
    return srcs;
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst);
  }

  @Override
  public Concat map(UnaryOperator<Value> values) {
    return new Concat(srcs.stream().map(values).toList(), values.apply(dst));
  }
}
