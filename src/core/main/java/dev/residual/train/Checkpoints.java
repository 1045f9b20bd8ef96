package dev.residual.train;

import java.io.IOException;

/** A place that keeps the state of a training. */
@FunctionalInterface
public interface Checkpoints {
  /** No place: states are forgotten. */
  Checkpoints NONE = state -> {};

  /** Keeps a state in place of the one before, which survives if this fails. */
  void save(TrainingState state) throws IOException;
}
