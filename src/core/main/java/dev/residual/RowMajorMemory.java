package dev.residual;

import dev.residual.engine.MemoryPlan;
import dev.residual.engine.Session;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Row-major memory of callers for the values of an operation: what the session holds in the same
 * order is used in place where it is off-heap and aligned, everything else is copied in and out.
 */
final class RowMajorMemory implements AutoCloseable {
  private final Session session;
  private final Value[] values;
  private final boolean[] isRead;
  private final boolean[] isWritten;

  /** Whether the session holds the elements of a value in row-major order. */
  private final boolean[] isSameOrder;

  /** What a value is bound to while it is copied, of those in the same order. */
  private final MemorySegment[] own;

  private final Arena arena = Arena.ofShared();

  RowMajorMemory(Session session, Op op, Value[] values) {
    this.session = session;
    this.values = values;
    isRead = new boolean[values.length];
    isWritten = new boolean[values.length];
    isSameOrder = new boolean[values.length];
    own = new MemorySegment[values.length];
    for (int i = 0; i < values.length; i++) {
      isRead[i] = op.inputs().contains(values[i]);
      isWritten[i] = op.outputs().contains(values[i]) || op.updates().contains(values[i]);
      isSameOrder[i] =
          session.layout(values[i]) == Layout.ROW_MAJOR || isOneVector(values[i].shape());
      own[i] = MemorySegment.NULL;
    }
  }

  /** Of one channel, or one position, both orders are the same. */
  private static boolean isOneVector(Shape shape) {
    return shape.dim(1) == 1 || (shape.dim(2) == 1 && shape.dim(3) == 1);
  }

  /** Runs the operation on memory for its values, in their order. */
  void run(MemorySegment[] memory) {
    for (int i = 0; i < values.length; i++) {
      take(i, memory[i]);
    }
    session.run();
    for (int i = 0; i < values.length; i++) {
      if (isWritten[i] && !isInPlace(i, memory[i])) {
        session.read(values[i], memory[i], Layout.ROW_MAJOR);
      }
    }
  }

  private void take(int i, MemorySegment memory) {
    if (isInPlace(i, memory)) {
      session.bind(values[i], memory);
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
                  isAddress(memory) ? "; in another order it must be memory of the host" : ""));
    }
    if (isSameOrder[i]) {
      // It may be bound to what another call was given.
      session.bind(values[i], own(i));
    }
    if (isRead[i]) {
      session.write(values[i], memory, Layout.ROW_MAJOR);
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
