package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a primitive does to its result before it stores it.
 *
 * @param sum what the destination held before and is to be added, or null
 * @param add another tensor to add, or null
 * @param relu what becomes of negative results
 */
record PostOps(@Nullable Sum sum, @Nullable Addend add, Rectifier relu) {
  static final PostOps NONE = new PostOps(null, null, Rectifier.NONE);

  /** What becomes of negative results. */
  enum Rectifier {
    /** They stay. */
    NONE,
    /** They become zero, and so does NaN, which integers have no number for. */
    INTEGERS,
    /** They become zero, NaN stays, and -infinity becomes NaN. */
    FLOATS
  }

  /** The mask of a factor for all elements. */
  private static final int ONE_FACTOR = 0;

  /**
   * The former contents of the destination.
   *
   * @param scale what they are multiplied by
   * @param type their type, as wide as that of the destination
   */
  record Sum(double scale, int type) {}

  /**
   * A tensor to add.
   *
   * @param descriptor how it lies
   * @param scale what it is multiplied by
   */
  record Addend(MemorySegment descriptor, double scale) {}

  boolean isEmpty() {
    return sum == null && add == null && relu == Rectifier.NONE;
  }

  void appendTo(MemorySegment postOps) {
    if (sum != null) {
      OneDnn.check(
          "dnnl_post_ops_append_sum",
          Dnnl.dnnl_post_ops_append_sum(postOps, (float) sum.scale(), 0, sum.type()));
    }
    if (add != null) {
      // oneDNN adds what the tensor holds: so the rest is brought to its scale and back.
      appendFactor(postOps, 1 / add.scale());
      OneDnn.check(
          "dnnl_post_ops_append_binary",
          Dnnl.dnnl_post_ops_append_binary(postOps, Dnnl.dnnl_binary_add(), add.descriptor()));
      appendFactor(postOps, add.scale());
    }
    switch (relu) {
      case NONE -> {}
      case INTEGERS ->
          OneDnn.check(
              "dnnl_post_ops_append_eltwise",
              Dnnl.dnnl_post_ops_append_eltwise(postOps, Dnnl.dnnl_eltwise_relu(), 0, 0));
      // What is negative is multiplied by 0, which takes a little longer than a maximum.
      case FLOATS ->
          OneDnn.check(
              "dnnl_post_ops_append_prelu", Dnnl.dnnl_post_ops_append_prelu(postOps, ONE_FACTOR));
    }
  }

  private static void appendFactor(MemorySegment postOps, double factor) {
    if (factor != 1) {
      OneDnn.check(
          "dnnl_post_ops_append_eltwise",
          Dnnl.dnnl_post_ops_append_eltwise(
              postOps, Dnnl.dnnl_eltwise_linear(), (float) factor, 0));
    }
  }

  /** What the primitive is given besides its own operands. */
  List<Argument> arguments(OneDnnLowering lowering, @Nullable Value added) {
    List<Argument> arguments = new ArrayList<>();
    int index = sum == null ? 0 : 1;
    if (add != null && added != null) {
      int factors = add.scale() == 1 ? 0 : 1;
      arguments.add(
          lowering.steps().argument(argument(index + factors, Dnnl.DNNL_ARG_SRC_1()), added));
      index += 1 + 2 * factors;
    }
    if (relu == Rectifier.FLOATS) {
      arguments.add(lowering.steps().constant(argument(index, Dnnl.DNNL_ARG_WEIGHTS()), 0));
    }
    return arguments;
  }

  private static int argument(int index, int operand) {
    return Dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE() * (index + 1) | operand;
  }
}
