package dev.residual.backend.onednn;

/** One entry of a session's fixed program. */
interface Step {

  /** Does the work; allocates nothing. */
  void run();
}
