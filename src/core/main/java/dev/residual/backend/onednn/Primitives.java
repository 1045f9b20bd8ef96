package dev.residual.backend.onednn;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.engine.program.Buffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.ToIntFunction;

/**
 * The CPU engine and stream of a session, and the maker of everything that hangs on them.
 *
 * <p>Descriptors live in a scope of the compilation, primitives and memory objects in the
 * session's.
 */
final class Primitives {
  private final NativeScope session;
  private final NativeScope compilation;
  private final MemorySegment engine;
  private final MemorySegment stream;

  Primitives(NativeScope session, NativeScope compilation) {
    this.session = session;
    this.compilation = compilation;
    this.engine =
        OneDnn.create(
            session,
            "dnnl_engine_create",
            out -> Dnnl.dnnl_engine_create(out, Dnnl.dnnl_cpu(), 0),
            Dnnl::dnnl_engine_destroy);
    this.stream =
        OneDnn.create(
            session,
            "dnnl_stream_create",
            out -> Dnnl.dnnl_stream_create(out, engine, Dnnl.dnnl_stream_in_order()),
            Dnnl::dnnl_stream_destroy);
  }

  MemorySegment engine() {
    return engine;
  }

  MemorySegment stream() {
    return stream;
  }

  NativeScope session() {
    return session;
  }

  /** Dimensions, strides or padding as oneDNN reads them. */
  MemorySegment longs(long... values) {
    return compilation.allocateFrom(ValueLayout.JAVA_LONG, values);
  }

  /** The addresses of handles, as oneDNN reads an array of them. */
  MemorySegment addresses(MemorySegment... handles) {
    MemorySegment array = compilation.allocate(ValueLayout.ADDRESS, handles.length);
    for (int i = 0; i < handles.length; i++) {
      array.setAtIndex(ValueLayout.ADDRESS, i, handles[i]);
    }
    return array;
  }

  /** The descriptor of a tensor in memory. */
  MemorySegment descriptor(int type, int tag, long... dims) {
    return descriptor(
        "dnnl_memory_desc_create_with_tag",
        out -> Dnnl.dnnl_memory_desc_create_with_tag(out, dims.length, longs(dims), type, tag));
  }

  /** The descriptor of a tensor whose elements lie so far apart along each axis. */
  MemorySegment strided(int type, long[] dims, long[] strides) {
    return descriptor(
        "dnnl_memory_desc_create_with_strides",
        out ->
            Dnnl.dnnl_memory_desc_create_with_strides(
                out, dims.length, longs(dims), type, longs(strides)));
  }

  /** The descriptor of a part of a tensor. */
  MemorySegment part(MemorySegment whole, MemorySegment dims, MemorySegment offsets) {
    return descriptor(
        "dnnl_memory_desc_create_submemory",
        out -> Dnnl.dnnl_memory_desc_create_submemory(out, whole, dims, offsets));
  }

  private MemorySegment descriptor(String function, ToIntFunction<MemorySegment> creation) {
    return OneDnn.create(compilation, function, creation, Dnnl::dnnl_memory_desc_destroy);
  }

  /** A memory object over a buffer. */
  MemorySegment memory(Buffer buffer, MemorySegment descriptor) {
    MemorySegment memory =
        OneDnn.create(
            session,
            "dnnl_memory_create",
            out -> Dnnl.dnnl_memory_create(out, descriptor, engine, MemorySegment.NULL),
            Dnnl::dnnl_memory_destroy);
    buffer.follow(
        place ->
            OneDnn.check(
                "dnnl_memory_set_data_handle", Dnnl.dnnl_memory_set_data_handle(memory, place)));
    return memory;
  }

  /** Attributes with the session's own scratchpad and these appended operations. */
  MemorySegment attributes(PostOps postOps) {
    MemorySegment attributes =
        OneDnn.create(
            compilation,
            "dnnl_primitive_attr_create",
            Dnnl::dnnl_primitive_attr_create,
            Dnnl::dnnl_primitive_attr_destroy);
    OneDnn.check(
        "dnnl_primitive_attr_set_scratchpad_mode",
        Dnnl.dnnl_primitive_attr_set_scratchpad_mode(attributes, Dnnl.dnnl_scratchpad_mode_user()));
    if (!postOps.isEmpty()) {
      MemorySegment appended =
          OneDnn.create(
              compilation,
              "dnnl_post_ops_create",
              Dnnl::dnnl_post_ops_create,
              Dnnl::dnnl_post_ops_destroy);
      postOps.appendTo(appended);
      OneDnn.check(
          "dnnl_primitive_attr_set_post_ops",
          Dnnl.dnnl_primitive_attr_set_post_ops(attributes, appended));
    }
    return attributes;
  }

  /** Attributes with the session's own scratchpad. */
  MemorySegment attributes() {
    return attributes(PostOps.NONE);
  }

  /** The descriptor of a primitive. */
  PrimitiveDescriptor primitive(String function, ToIntFunction<MemorySegment> creation) {
    return new PrimitiveDescriptor(
        OneDnn.create(compilation, function, creation, Dnnl::dnnl_primitive_desc_destroy));
  }

  /** A primitive, ready to execute. */
  MemorySegment primitive(PrimitiveDescriptor descriptor) {
    return OneDnn.create(
        session,
        "dnnl_primitive_create",
        out -> Dnnl.dnnl_primitive_create(out, descriptor.handle()),
        Dnnl::dnnl_primitive_destroy);
  }
}
