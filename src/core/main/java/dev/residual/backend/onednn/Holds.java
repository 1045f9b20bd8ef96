package dev.residual.backend.onednn;

import dev.residual.bindings.HoldingFunction;
import dev.residual.engine.program.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The callers' memory that a step touches: it is held while the step runs, so that nobody else can
 * close it meanwhile.
 */
final class Holds {
  private static final MemorySegment[] NONE = {};

  private final List<Buffer> buffers = new ArrayList<>();
  private MemorySegment[] segments = NONE;

  /** Adds a buffer that the step touches, wherever it will lie. */
  void add(Buffer buffer) {
    buffers.add(buffer);
    buffer.onBind(this::refresh);
  }

  /** What to hold; empty where the step touches the session's own memory alone. */
  MemorySegment[] segments() {
    return segments;
  }

  /**
   * Looks where the buffers lie now.
   *
   * @throws IllegalArgumentException if that is in more arenas than a step can hold
   */
  void refresh() {
    Map<MemorySegment.Scope, MemorySegment> arenas = new HashMap<>();
    for (Buffer buffer : buffers) {
      if (buffer.isBound()) {
        arenas.put(buffer.segment().scope(), buffer.segment());
      }
    }
    Collection<MemorySegment> held = arenas.values();
    segments = held.isEmpty() ? NONE : HoldingFunction.held(held);
  }
}
