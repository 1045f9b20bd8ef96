package dev.residual.engine.program;

/** Runs the steps of a session, again and again. */
public interface Execution {

  /** Runs all steps, or queues their work; allocates nothing after the first runs. */
  void run();

  /** Forgets what was recorded of the steps, for a buffer lies elsewhere now. */
  default void forget() {}
}
