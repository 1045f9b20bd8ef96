package dev.residual;

import dev.residual.engine.MemoryPlan;
import dev.residual.engine.Session;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.LongAdder;

/**
 * Memory of callers for the values of an operation: what the session holds in the same order is
 * used in place where it is off-heap and aligned, everything else is copied in and out.
 */
final class CallerMemory implements AutoCloseable {
  private final Session session;
  private final Value[] values;
  private final boolean[] isRead;
  private final boolean[] isWritten;

  /** The order in which callers hold the elements of each value. */
  private final Layout[] layouts;

  /** Whether the session holds them in the same order. */
  private final boolean[] isSameOrder;

  /** Whether a value has been bound to memory of a caller's. */
  private final boolean[] isBound;

  /** What such a value is bound to while it is copied. */
  private final MemorySegment[] own;

  private final LongAdder copiedBytes;

  private final Arena arena = Arena.ofShared();

  /**
   * Memory for the values of a session.
   *
   * @param layouts the order of callers' elements, for each value
   * @param copiedBytes counts what is copied
   */
  CallerMemory(Session session, Op op, Value[] values, Layout[] layouts, LongAdder copiedBytes) {
    this.session = session;
    this.values = values;
    this.layouts = layouts;
    this.copiedBytes = copiedBytes;
    isRead = new boolean[values.length];
    isWritten = new boolean[values.length];
    isSameOrder = new boolean[values.length];
    isBound = new boolean[values.length];
    own = new MemorySegment[values.length];
    for (int i = 0; i < values.length; i++) {
      isRead[i] = op.inputs().contains(values[i]);
      isWritten[i] = op.outputs().contains(values[i]) || op.updates().contains(values[i]);
      isSameOrder[i] = session.layout(values[i]) == layouts[i] || isOneVector(values[i].shape());
      own[i] = MemorySegment.NULL;
    }
  }

  /** Of one channel, or one position, both orders are the same. */
  private static boolean isOneVector(Shape shape) {
    return shape.dim(1) == 1 || (shape.dim(2) == 1 && shape.dim(3) == 1);
  }

  /** Runs the operation on memory for its values, in their order. */
  void run(MemorySegment[] memory) {
    // Memory of the last call may be closed: a session that is bound to it takes nothing.
    for (int i = 0; i < values.length; i++) {
      place(i, memory[i]);
    }
    for (int i = 0; i < values.length; i++) {
      if (isRead[i] && !isInPlace(i, memory[i])) {
        session.write(values[i], memory[i], layouts[i]);
        copiedBytes.add(values[i].bytes());
      }
    }
    session.run();
    for (int i = 0; i < values.length; i++) {
      if (isWritten[i] && !isInPlace(i, memory[i])) {
        session.read(values[i], memory[i], layouts[i]);
        copiedBytes.add(values[i].bytes());
      }
    }
  }

  private void place(int i, MemorySegment memory) {
    if (isInPlace(i, memory)) {
      session.bind(values[i], memory);
      isBound[i] = true;
      return;
    }
    if (memory.byteSize() != values[i].bytes() || (isWritten[i] && memory.isReadOnly())) {
      throw new IllegalArgumentException(
          "%s needs %d bytes%s, given %s%s"
              .formatted(
                  values[i],
                  values[i].bytes(),
                  isWritten[i] ? " that can be written" : "",
                  memory,
                  isAddress(memory)
                      ? "; in another order, or not aligned to %d, it must be memory of the host"
                          .formatted(MemoryPlan.ALIGNMENT)
                      : ""));
    }
    if (isBound[i]) {
      // It must not be what another call was given.
      session.bind(values[i], own(i));
    }
  }

  private boolean isInPlace(int i, MemorySegment memory) {
    return isSameOrder[i] && memory.isNative() && memory.address() % MemoryPlan.ALIGNMENT == 0;
  }

  /** Whether memory is that of a device, of which there is no more than an address. */
  private static boolean isAddress(MemorySegment memory) {
    return memory.isNative() && memory.byteSize() == 0;
  }

  private MemorySegment own(int i) {
    if (own[i].equals(MemorySegment.NULL)) {
      own[i] = arena.allocate(values[i].bytes(), MemoryPlan.ALIGNMENT);
    }
    return own[i];
  }

  /** Frees what the copies of some values lie in, once the session is closed. */
  @Override
  public void close() {
    arena.close();
  }
}
