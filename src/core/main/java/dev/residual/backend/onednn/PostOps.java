package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What a primitive does to its result before it stores it.
 *
 * @param add the descriptor of a tensor to add, or null
 * @param relu whether negative results become zero
 */
record PostOps(@Nullable MemorySegment add, boolean relu) {
  static final PostOps NONE = new PostOps(null, false);

  boolean isEmpty() {
    return add == null && !relu;
  }

  void appendTo(MemorySegment postOps) {
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
