package dev.residual.backend.onednn;

import dev.residual.bindings.NativeScope;
import java.lang.foreign.MemorySegment;

/** The parameters, states and packed weights that a session and its forks share. */
final class ParameterStore {
  private final NativeScope scope = NativeScope.open();
  private final MemorySegment slab;
  private int sessions = 1;
  private volatile boolean changed = true;

  ParameterStore(long bytes) {
    try {
      slab = scope.slab("parameters", bytes);
    } catch (RuntimeException e) {
      scope.close();
      throw e;
    }
  }

  MemorySegment slab() {
    return slab;
  }

  /** Notes that parameters were written, so that packed weights are stale. */
  void change() {
    changed = true;
  }

  /** Packs the weights anew if parameters were written since. */
  void prepare(Step[] preparation) {
    if (changed) {
      synchronized (this) {
        if (changed) {
          for (Step step : preparation) {
            step.run();
          }
          changed = false;
        }
      }
    }
  }

  synchronized ParameterStore share() {
    sessions++;
    return this;
  }

  synchronized void release() {
    if (--sessions == 0) {
      scope.close();
    }
  }
}
