package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What a primitive does to its result before it stores it.
 *
 * @param sum whether to add what the destination held before
 * @param add the descriptor of another tensor to add, or null
 * @param relu whether negative results become zero
 */
record PostOps(boolean sum, @Nullable MemorySegment add, boolean relu) {
  static final PostOps NONE = new PostOps(false, null, false);

  boolean isEmpty() {
    return !sum && add == null && !relu;
  }

  void appendTo(MemorySegment postOps) {
    if (sum) {
      OneDnn.check(
          "dnnl_post_ops_append_sum",
          Dnnl.dnnl_post_ops_append_sum(postOps, 1, 0, Dnnl.dnnl_data_type_undef()));
    }
    if (add != null) {
      OneDnn.check(
          "dnnl_post_ops_append_binary",
          Dnnl.dnnl_post_ops_append_binary(postOps, Dnnl.dnnl_binary_add(), add));
    }
    if (relu) {
      OneDnn.check(
          "dnnl_post_ops_append_eltwise",
          Dnnl.dnnl_post_ops_append_eltwise(postOps, Dnnl.dnnl_eltwise_relu(), 0, 0));
    }
  }

  /** The argument that the tensor to add is passed as; it comes first. */
  static int addArgument() {
    return Dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE() | Dnnl.DNNL_ARG_SRC_1();
  }
}
