package dev.residual.engine.program;

import java.lang.foreign.MemorySegment;

/** The parameters, states and packed weights that a session and its forks share. */
final class ParameterStore {
  private final Memory memory;
  private final Slab kept;
  private final MemorySegment slab;
  private int sessions = 1;
  private volatile boolean changed = true;

  /**
   * A store of one session, whose buffers it places.
   *
   * @param memory of its own, which the last session closes
   */
  ParameterStore(Memory memory, Slab kept) {
    this.memory = memory;
    this.kept = kept;
    try {
      slab = memory.slab("parameters", kept.bytes());
      kept.place(slab);
    } catch (Throwable e) {
      memory.close();
      throw e;
    }
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

  /**
   * Places the buffers of a fork.
   *
   * @throws IllegalStateException if it would have packed weights of another form
   */
  synchronized ParameterStore share(Slab others) {
    if (!others.isLike(kept)) {
      throw new IllegalStateException(
          "a fork would pack its weights in another way than the session it shares them with;"
              + " compiled anew it has weights of its own");
    }
    others.place(slab);
    sessions++;
    return this;
  }

  synchronized void release() {
    if (--sessions == 0) {
      memory.close();
    }
  }
}
