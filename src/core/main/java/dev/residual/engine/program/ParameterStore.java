package dev.residual.engine.program;

import java.lang.foreign.MemorySegment;

/** The parameters, states and packed weights that a session and its forks share. */
final class ParameterStore {
  private final Memory memory;
  private final MemorySegment slab;
  private int sessions = 1;
  private volatile boolean changed = true;

  /**
   * A store of one session.
   *
   * @param memory of its own, which the last session closes
   */
  ParameterStore(Memory memory, long bytes) {
    this.memory = memory;
    try {
      slab = memory.slab("parameters", bytes);
    } catch (RuntimeException e) {
      memory.close();
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

  /**
   * Packs the weights anew if parameters were written since.
   *
   * @param own the queue that the steps go to; it is waited for, because other sessions read the
   *     result
   */
  void prepare(Step[] preparation, Memory own) {
    if (changed) {
      synchronized (this) {
        if (changed) {
          for (Step step : preparation) {
            step.run();
          }
          own.finish();
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
      memory.close();
    }
  }
}
