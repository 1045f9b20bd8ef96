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
   * Takes the next implementation while the name of this one begins so.
   *
   * @throws dev.residual.bindings.NativeException if there is no other
   */
  void skip(String name) {
    while (implementation().startsWith(name)) {
      OneDnn.check("dnnl_primitive_desc_next_impl", Dnnl.dnnl_primitive_desc_next_impl(handle));
    }
  }

  /** The name of the implementation, as {@code brg_conv_fwd:avx512_core}. */
  String implementation() {
    return OneDnn.implementation(handle);
  }
}
