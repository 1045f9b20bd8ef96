package dev.residual.engine.program;

import dev.residual.graph.Op;

/** One entry of a session's fixed program. */
public interface Step extends Runnable {

  /** Does the work, or queues it; allocates nothing. */
  @Override
  void run();

  /** The name of what does the work of this operation, for those who look inside. */
  default String implementation(Op op) {
    return "java";
  }
}
