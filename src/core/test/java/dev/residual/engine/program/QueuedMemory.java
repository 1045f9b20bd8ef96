package dev.residual.engine.program;

import dev.residual.engine.Session;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Memory of which Java has addresses alone, and a queue of work in it. */
final class QueuedMemory implements Memory {
  private final Arena arena = Arena.ofShared();
  private final List<Session> owned = new ArrayList<>();
  private final Deque<Runnable> queue = new ArrayDeque<>();

  /** Takes over what is to be closed with this. */
  void own(Session session) {
    owned.add(session);
  }

  /** Queues work. */
  void queue(Runnable work) {
    queue.add(work);
  }

  /** What lies at an address, for work that is being done. */
  static MemorySegment open(Buffer buffer) {
    return open(buffer.segment(), buffer.bytes());
  }

  private static MemorySegment open(MemorySegment memory, long bytes) {
    return memory.reinterpret(bytes);
  }

  @Override
  public boolean isDevice() {
    return true;
  }

  @Override
  public MemorySegment slab(String purpose, long bytes) {
    return MemorySegment.ofAddress(arena.allocate(Math.max(1, bytes), 64).address());
  }

  @Override
  public long available() {
    return Long.MAX_VALUE;
  }

  @Override
  public RuntimeException shortage(String message) {
    return new IllegalStateException(message);
  }

  @Override
  public void copyIn(
      Value value, MemorySegment data, Layout from, MemorySegment memory, Layout to) {
    finish();
    LayoutCopy.copy(value, data, from, open(memory, value.bytes()), to);
  }

  @Override
  public void copyOut(
      Value value, MemorySegment memory, Layout from, MemorySegment data, Layout to) {
    finish();
    LayoutCopy.copy(value, open(memory, value.bytes()), from, data, to);
  }

  @Override
  public void finish() {
    try {
      for (Runnable work = queue.poll(); work != null; work = queue.poll()) {
        work.run();
      }
    } finally {
      // What comes after a failure would work on what was half computed.
      queue.clear();
    }
  }

  @Override
  public void close() {
    try {
      finish();
    } finally {
      owned.forEach(Session::close);
      arena.close();
    }
  }
}
