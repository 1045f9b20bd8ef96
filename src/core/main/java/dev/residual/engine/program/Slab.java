package dev.residual.engine.program;

import dev.residual.engine.MemoryPlan;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Buffers laid out in one piece of memory, which is allocated when all sizes are known. */
final class Slab {
  private final List<Buffer> buffers = new ArrayList<>();
  private final List<Long> offsets = new ArrayList<>();
  private long bytes;

  /** Puts a buffer behind all others. */
  void add(Buffer buffer) {
    put(buffer, bytes);
  }

  /** Puts a buffer at an offset. */
  void put(Buffer buffer, long offset) {
    buffers.add(buffer);
    offsets.add(offset);
    bytes = Math.max(bytes, offset + MemoryPlan.align(buffer.bytes()));
  }

  long bytes() {
    return bytes;
  }

  /** Whether another one has buffers of the same names and sizes in the same order. */
  boolean isLike(Slab other) {
    return describe().equals(other.describe());
  }

  private List<String> describe() {
    return buffers.stream().map(buffer -> buffer.name() + " " + buffer.bytes()).toList();
  }

  /** Gives all buffers their addresses. */
  void place(MemorySegment memory) {
    for (int i = 0; i < buffers.size(); i++) {
      Buffer buffer = buffers.get(i);
      buffer.place(part(memory, offsets.get(i), buffer.bytes()));
    }
  }

  /** A part of some memory; of a device's, whose segments have length 0, an address in it. */
  static MemorySegment part(MemorySegment memory, long offset, long bytes) {
    return memory.byteSize() == 0
        ? MemorySegment.ofAddress(memory.address() + offset)
        : memory.asSlice(offset, bytes);
  }
}
