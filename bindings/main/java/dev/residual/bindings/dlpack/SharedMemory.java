package dev.residual.bindings.dlpack;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Memory with an owner in Java and any number of borrowers, the last of whom releases it.
 *
 * <p>Safe for use by several threads.
 */
public final class SharedMemory implements AutoCloseable {
  private final Arena view = Arena.ofShared();
  private final MemorySegment segment;
  private final Runnable release;
  private final AtomicInteger users = new AtomicInteger(1);
  private boolean closed;

  /**
   * Memory at an address.
   *
   * @param bytes what Java may touch: none of a device
   * @param release is called once, when nobody uses the memory any more
   */
  public SharedMemory(long address, long bytes, boolean isReadOnly, Runnable release) {
    MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(bytes, view, null);
    segment = isReadOnly ? memory.asReadOnly() : memory;
    this.release = release;
  }

  /** The memory, which can be used until {@link #close}. */
  public MemorySegment segment() {
    return segment;
  }

  /**
   * One borrower more.
   *
   * @throws IllegalStateException if the owner has closed this
   */
  public synchronized void borrow() {
    if (closed) {
      throw new IllegalStateException("the memory is closed");
    }
    users.incrementAndGet();
  }

  /** One borrower less. */
  public void giveBack() {
    if (users.decrementAndGet() == 0) {
      release.run();
    }
  }

  /**
   * Ends the use in Java; borrowers keep the memory. Closing again does nothing.
   *
   * @throws IllegalStateException if an operation works in the memory; it stays open then
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      view.close();
      closed = true;
    }
    giveBack();
  }
}
