package dev.residual.engine;

import dev.residual.graph.Cost;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A step of a session's run: an operation, or a copy of weights that an operation needs ({@link
 * #PACKING}). {@link Session#steps} lists the steps, {@link OpEvent} tells how long they took.
 */
public final class Work {

  /** The kind of a copy of weights, or of their gradient, between two layouts. */
  public static final String PACKING = "packing";

  private final Op op;
  private final @Nullable Value packed;
  private final String implementation;
  private final Cost packing;

  /** Worked out when first asked for: most sessions are never recorded. */
  private @Nullable Description description;

  private Work(Op op, @Nullable Value packed, String implementation, Cost packing) {
    this.op = op;
    this.packed = packed;
    this.implementation = implementation;
    this.packing = packing;
  }

  /**
   * The execution of an operation.
   *
   * @param implementation that the backend chose, as {@code brg_conv_fwd:avx512_core}
   */
  public static Work of(Op op, String implementation) {
    return new Work(op, null, implementation, Cost.NONE);
  }

  /**
   * A copy of weights, or of their gradient, between two layouts.
   *
   * @param op the operation that needs it
   * @param cost the bytes of both
   */
  public static Work packing(Op op, Value weights, String implementation, Cost cost) {
    return new Work(op, weights, implementation, cost);
  }

  /** The operation that is executed, or that needs the copy. */
  public Op op() {
    return op;
  }

  /** The kind of the operation, as {@code Conv2d}; or {@link #PACKING}. */
  public String kind() {
    return description().kind();
  }

  /**
   * What the backend chose, as {@code brg_conv_fwd:avx512_core} of oneDNN, {@code
   * residual:winograd} of Residual's own kernels, or {@code java}.
   */
  public String implementation() {
    return implementation;
  }

  /** What the step takes at least: arithmetic and memory traffic. */
  public Cost cost() {
    return description().cost();
  }

  /** Such as {@code dst Conv2d F32 8x3x32x32, 16x3x3x3 -> 8x16x32x32 by residual:winograd}. */
  @Override
  public String toString() {
    Description d = description();
    return "%s %s %s %s by %s".formatted(d.name(), d.kind(), d.type(), d.shapes(), implementation);
  }

  /**
   * The fields of an event.
   *
   * @param name of the first value computed or updated, or of the weights that are packed
   * @param kind of the operation, as {@code Conv2d}; or {@link #PACKING}
   * @param implementation that the backend chose
   * @param type the element type of the first value read
   * @param shapes of the tensors, as {@code 8x3x32x32, 16x3x3x3 -> 8x16x32x32}
   * @param cost the arithmetic and the memory traffic
   */
  record Description(
      String name, String kind, String implementation, String type, String shapes, Cost cost) {}

  Description description() {
    Description known = description;
    if (known == null) {
      known = packed == null ? execution() : packing(packed);
      description = known;
    }
    return known;
  }

  private Description execution() {
    List<Value> results = op.outputs().isEmpty() ? op.updates() : op.outputs();
    return new Description(
        results.getFirst().name(),
        op.kind(),
        implementation,
        op.inputs().getFirst().dtype().name(),
        shapes(op.inputs()) + " -> " + shapes(results),
        Cost.of(op));
  }

  private Description packing(Value weights) {
    return new Description(
        weights.name(),
        PACKING,
        implementation,
        weights.dtype().name(),
        weights.shape().toString(),
        packing);
  }

  /** Vectors, as the statistics of a batch norm, are left out where there are tensors. */
  private static String shapes(List<Value> values) {
    List<Value> tensors = values.stream().filter(value -> value.shape().rank() > 1).toList();
    return (tensors.isEmpty() ? values : tensors)
        .stream().map(value -> value.shape().toString()).collect(Collectors.joining(", "));
  }
}
