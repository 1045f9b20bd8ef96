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
  private final List<Holds> holds = new ArrayList<>();
  private long bytes;
  private boolean isBound;
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

  /** Notes who holds this buffer where it is bound. */
  void follow(Holds hold) {
    holds.add(hold);
  }

  /** Whether it lies in memory of the caller's. */
  boolean isBound() {
    return isBound;
  }

  /** Puts the buffer, and all its memory objects, at an address of the session's own memory. */
  void place(MemorySegment memory) {
    settle(memory, false);
    move();
  }

  /**
   * Puts the buffer, and all its memory objects, into memory of the caller's.
   *
   * @throws IllegalArgumentException if a step would have to hold too many arenas; then the buffer
   *     is where it was
   */
  void bind(MemorySegment memory) {
    MemorySegment oldSegment = segment;
    boolean wasBound = isBound;
    try {
      settle(memory, true);
    } catch (IllegalArgumentException e) {
      settle(oldSegment, wasBound);
      throw e;
    }
    move();
  }

  /** Puts the buffer where another one lies. */
  void share(Buffer other) {
    settle(other.segment, other.isBound);
    move();
  }

  /** Notes the place, and sees to it that steps hold what they will touch there. */
  private void settle(MemorySegment memory, boolean bound) {
    // Memory of the same owner is held by what holds the old one.
    boolean isHeld = isBound == bound && (!bound || segment.scope().equals(memory.scope()));
    segment = memory;
    isBound = bound;
    for (int i = 0; i < slices.size(); i++) {
      Buffer slice = slices.get(i);
      slice.settle(memory.asSlice(offsets.get(i), slice.bytes()), bound);
    }
    if (!isHeld) {
      holds.forEach(Holds::refresh);
    }
  }

  /** Tells all that refers to the buffer where it lies. */
  private void move() {
    slices.forEach(Buffer::move);
    for (MemorySegment pointer : pointers) {
      pointer.set(ValueLayout.ADDRESS, 0, segment);
    }
    for (MemorySegment view : views) {
      place(view, segment);
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
