package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import java.lang.foreign.MemorySegment;

/**
 * A oneDNN primitive descriptor: an implementation chosen for given tensors.
 *
 * @param handle the C handle
 */
record PrimitiveDescriptor(MemorySegment handle) {

  /** The descriptor of a tensor that the implementation chose. */
  MemorySegment tensor(int query, int index) {
    return Dnnl.dnnl_primitive_desc_query_md(handle, query, index);
  }

  MemorySegment weights() {
    return tensor(Dnnl.dnnl_query_weights_md(), 0);
  }

  MemorySegment diffWeights() {
    return tensor(Dnnl.dnnl_query_diff_weights_md(), 0);
  }

  MemorySegment workspace() {
    return tensor(Dnnl.dnnl_query_workspace_md(), 0);
  }

  MemorySegment scratchpad() {
    return tensor(Dnnl.dnnl_query_scratchpad_md(), 0);
  }

  /** The size of a tensor in bytes. */
  static long bytes(MemorySegment descriptor) {
    return Dnnl.dnnl_memory_desc_get_size(descriptor);
  }

  static boolean same(MemorySegment first, MemorySegment second) {
    return Dnnl.dnnl_memory_desc_equal(first, second) != 0;
  }

  /**
   * Takes the next implementation of another name; false if there is none. Of a descriptor that
   * oneDNN finds in its cache, the next can be the same once more.
   */
  boolean next() {
    String passed = implementation();
    while (implementation().equals(passed)) {
      int status = Dnnl.dnnl_primitive_desc_next_impl(handle);
      if (status == Dnnl.dnnl_last_impl_reached()) {
        return false;
      }
      OneDnn.check("dnnl_primitive_desc_next_impl", status);
    }
    return true;
  }

  /** The name of the implementation, as {@code brg_conv_fwd:avx512_core}. */
  String implementation() {
    return OneDnn.implementation(handle);
  }
}
