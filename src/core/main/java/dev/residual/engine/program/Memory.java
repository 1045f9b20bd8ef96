package dev.residual.engine.program;

import dev.residual.engine.Work;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The memory that steps work in, on a processor or a device, and the order of the work in it.
 *
 * <p>Work may be queued: a step then returns before it is done. Steps and copies take effect in the
 * order in which they were asked for.
 */
public interface Memory extends AutoCloseable {

  /**
   * Zeroed memory, aligned to 64 bytes, that lives until this is closed.
   *
   * @param purpose what it is for, for the error
   * @return on a device, a zero-length segment that holds the device address
   */
  MemorySegment slab(String purpose, long bytes);

  /** The bytes that can still be taken. */
  long available();

  /** What is thrown where there is not enough memory. */
  RuntimeException shortage(String message);

  /**
   * Whether this is a device's, out of reach of Java: segments have length 0, and memory of the
   * host that is bound to values is copied in and out around runs.
   */
  default boolean isDevice() {
    return false;
  }

  /** Whether a segment that a caller gives holds an address of a device, this one or another. */
  default boolean isDevice(MemorySegment segment) {
    return isDevice() && segment.byteSize() == 0 && segment.address() != 0;
  }

  /**
   * Why there are no such bytes of this device, as far as that is known; empty if there are.
   *
   * @param segment holds an address of a device
   */
  default String fault(MemorySegment segment, long bytes) {
    return "";
  }

  /**
   * Copies a value in from memory of the host; the caller may overwrite it once this returns.
   *
   * @param from the layout of the data
   * @param to the layout in which the value lies
   */
  default void copyIn(
      Value value, MemorySegment data, Layout from, MemorySegment memory, Layout to) {
    LayoutCopy.copy(value, data, from, memory, to);
  }

  /**
   * Copies a value out to memory of the host, when all that was queued before is done.
   *
   * @param from the layout in which the value lies
   * @param to the layout wanted
   */
  default void copyOut(
      Value value, MemorySegment memory, Layout from, MemorySegment data, Layout to) {
    finish();
    LayoutCopy.copy(value, memory, from, data, to);
  }

  /**
   * What runs the steps of a session, again and again. A device may record the work that they queue
   * and replay it.
   */
  default Execution execution(Step[] steps) {
    return () -> {
      for (Step step : steps) {
        step.run();
      }
    };
  }

  /**
   * Whether a failure ends the work of a session.
   *
   * @param steps what a run consists of
   * @param isRun whether some of them may be queued, and others not
   * @return what to throw in its place, after which the session can only be closed; null if it can
   *     go on
   */
  default @Nullable RuntimeException end(
      RuntimeException failure, List<Work> steps, boolean isRun) {
    return null;
  }

  /** Called before each run. */
  default void begin() {}

  /** Waits until all that was queued is done; nothing to do where steps do their work at once. */
  default void finish() {}

  /** Waits for what is queued, and frees everything. */
  @Override
  void close();
}
