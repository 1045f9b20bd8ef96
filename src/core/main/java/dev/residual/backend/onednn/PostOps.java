package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What a primitive does to its result before it stores it.
 *
 * @param sum what the destination held before and is to be added, or null
 * @param add another tensor to add, or null
 * @param relu whether negative results become zero
 */
record PostOps(@Nullable Sum sum, @Nullable Addend add, boolean relu) {
  static final PostOps NONE = new PostOps(null, null, false);

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
    return sum == null && add == null && !relu;
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
    if (relu) {
      OneDnn.check(
          "dnnl_post_ops_append_eltwise",
          Dnnl.dnnl_post_ops_append_eltwise(postOps, Dnnl.dnnl_eltwise_relu(), 0, 0));
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

  /** The argument that the tensor to add is passed as. */
  int addArgument() {
    int index = (sum == null ? 0 : 1) + (add == null || add.scale() == 1 ? 0 : 1);
    return Dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE() * (index + 1) | Dnnl.DNNL_ARG_SRC_1();
  }
}
