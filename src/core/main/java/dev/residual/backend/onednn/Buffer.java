package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A piece of session memory, placed after lowering, and what refers to it. */
final class Buffer {
  private final String name;
  private final List<MemorySegment> views = new ArrayList<>();
  private final List<MemorySegment> pointers = new ArrayList<>();
  private final List<Buffer> slices = new ArrayList<>();
  private final List<Long> offsets = new ArrayList<>();
  private long bytes;
  private MemorySegment segment = MemorySegment.NULL;

  Buffer(String name, long bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  String name() {
    return name;
  }

  long bytes() {
    return bytes;
  }

  /** Makes room for at least this many bytes; before placing. */
  void require(long needed) {
    bytes = Math.max(bytes, needed);
  }

  /** A part of this buffer, which lies where this lies. */
  Buffer slice(long offset, long length) {
    Buffer slice = new Buffer(name, length);
    slices.add(slice);
    offsets.add(offset);
    return slice;
  }

  /** Adds a oneDNN memory object that follows this buffer. */
  void view(MemorySegment memory) {
    views.add(memory);
    if (!segment.equals(MemorySegment.NULL)) {
      place(memory, segment);
    }
  }

  /** Keeps the address of this buffer in a field of a native structure. */
  void pointer(MemorySegment field) {
    pointers.add(field);
  }

  /** Puts the buffer, and all its memory objects, at an address. */
  void place(MemorySegment memory) {
    segment = memory;
    for (int i = 0; i < slices.size(); i++) {
      Buffer slice = slices.get(i);
      slice.place(memory.asSlice(offsets.get(i), slice.bytes()));
    }
    for (MemorySegment pointer : pointers) {
      pointer.set(ValueLayout.ADDRESS, 0, memory);
    }
    for (MemorySegment view : views) {
      place(view, memory);
    }
  }

  private static void place(MemorySegment view, MemorySegment memory) {
    OneDnn.check("dnnl_memory_set_data_handle", Dnnl.dnnl_memory_set_data_handle(view, memory));
  }

  /** Where the buffer lies. */
  MemorySegment segment() {
    return segment;
  }
}
