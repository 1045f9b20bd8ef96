package dev.residual;

import java.time.Duration;

/**
 * What {@link Kernels} were asked for, and what it cost.
 *
 * @param hits requests for an operation that was held, whether compiled or being compiled
 * @param misses requests for one that was not
 * @param evictions operations that were dropped, for there were more than the capacity
 * @param compileTime the time of all compilations, of those that failed, too
 * @param copiedBytes memory of callers that was copied in or out, because it was not as the backend
 *     wants it
 */
public record KernelStatistics(
    long hits, long misses, long evictions, Duration compileTime, long copiedBytes) {

  /** The share of requests that were hits, from 0 to 1; 1 before the first request. */
  public double hitRate() {
    long requests = hits + misses;
    return requests == 0 ? 1 : (double) hits / requests;
  }
}
