package dev.residual.engine.program;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A piece of a session's memory, placed after lowering, and the listeners told when it moves. */
public final class Buffer {
  private final String name;
  private final List<Consumer<MemorySegment>> followers = new ArrayList<>();
  private final List<Runnable> checks = new ArrayList<>();
  private final List<Buffer> slices = new ArrayList<>();
  private final List<Long> offsets = new ArrayList<>();
  private long bytes;
  private boolean isBound;
  private MemorySegment segment = MemorySegment.NULL;
  private MemorySegment home = MemorySegment.NULL;

  /** A buffer that lies nowhere yet. */
  public Buffer(String name, long bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  /** The name, for messages. */
  public String name() {
    return name;
  }

  /** The size, which a segment of device memory does not tell. */
  public long bytes() {
    return bytes;
  }

  /** Makes room for at least this many bytes; before placing. */
  public void require(long needed) {
    bytes = Math.max(bytes, needed);
  }

  /** A part of this buffer, which lies where this lies. */
  public Buffer slice(long offset, long length) {
    Buffer slice = new Buffer(name, length);
    slices.add(slice);
    offsets.add(offset);
    if (isPlaced()) {
      slice.settle(Slab.part(segment, offset, length), isBound);
    }
    return slice;
  }

  /** Lets something know where the buffer lies, now if it is placed, and whenever it moves. */
  public void follow(Consumer<MemorySegment> follower) {
    followers.add(follower);
    if (isPlaced()) {
      follower.accept(segment);
    }
  }

  /**
   * Adds a check of where the buffer lies, made before anything follows it there.
   *
   * @param check throws an {@link IllegalArgumentException} to have the buffer stay where it was
   */
  public void onBind(Runnable check) {
    checks.add(check);
  }

  /** Whether it lies in memory of the caller's. */
  public boolean isBound() {
    return isBound;
  }

  /** Where the buffer lies. */
  public MemorySegment segment() {
    return segment;
  }

  private boolean isPlaced() {
    return !segment.equals(MemorySegment.NULL);
  }

  /** Puts the buffer at an address of the session's own memory. */
  public void place(MemorySegment memory) {
    home = memory;
    settle(memory, false);
    move();
  }

  /**
   * Puts the buffer into memory of the caller's.
   *
   * @throws IllegalArgumentException if a check refuses it; then the buffer is where it was
   */
  public void bind(MemorySegment memory) {
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

  /** Puts the buffer back into the session's own memory. */
  void unbind() {
    if (isBound) {
      place(home);
    }
  }

  /** Puts the buffer where another one lies. */
  void share(Buffer other) {
    home = other.home;
    settle(other.segment, other.isBound);
    move();
  }

  private void settle(MemorySegment memory, boolean bound) {
    // Memory of the same owner passes the checks that the old one has passed.
    boolean isChecked = isBound == bound && (!bound || segment.scope().equals(memory.scope()));
    segment = memory;
    isBound = bound;
    for (int i = 0; i < slices.size(); i++) {
      Buffer slice = slices.get(i);
      slice.settle(Slab.part(memory, offsets.get(i), slice.bytes), bound);
    }
    if (!isChecked) {
      checks.forEach(Runnable::run);
    }
  }

  private void move() {
    slices.forEach(Buffer::move);
    // By index, for binding allocates nothing.
    for (int i = 0; i < followers.size(); i++) {
      followers.get(i).accept(segment);
    }
  }
}
