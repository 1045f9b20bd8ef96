package dev.residual.train;

import org.jspecify.annotations.Nullable;

/** The batches of one epoch in order; closing early is allowed. */
public interface Batches extends AutoCloseable {

  /** The next batch, or null at the end; makes the batch before it invalid. */
  @Nullable Batch next();

  /** Frees buffers and stops loading. */
  @Override
  void close();
}
