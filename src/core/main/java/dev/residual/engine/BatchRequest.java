package dev.residual.engine;

import java.util.concurrent.CompletableFuture;

/** What one caller of a {@link Batcher} wants; equal to itself alone. */
final class BatchRequest<Q, R> {
  private final Q input;
  private final CompletableFuture<R> result = new CompletableFuture<>();
  private final long since = System.nanoTime();

  BatchRequest(Q input) {
    this.input = input;
  }

  /** What to compute. */
  Q input() {
    return input;
  }

  /** What the caller holds, who may complete or cancel it. */
  CompletableFuture<R> result() {
    return result;
  }

  /** How long ago it was made, in nanoseconds. */
  long waited() {
    return System.nanoTime() - since;
  }
}
