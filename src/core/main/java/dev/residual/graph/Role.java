package dev.residual.graph;

/** The part that a value plays in a graph. It decides how long the value lives in a session. */
public enum Role {
  /** Written by the caller before a run. */
  INPUT,
  /** A learned tensor: kept between runs, shared by forks, changed only by an update operation. */
  PARAMETER,
  /** Kept between runs and changed by them: running statistics, momentum, random state. */
  STATE,
  /** Computed by exactly one operation in each run. */
  ACTIVATION
}
