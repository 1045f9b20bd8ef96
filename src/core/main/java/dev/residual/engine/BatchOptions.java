package dev.residual.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Settings of a {@link Batcher}.
 *
 * @param largest the most requests of a batch, at least 1
 * @param longestWait how long a request may wait for others although a session is free, at most a
 *     day; zero where batches are to form only while all sessions compute
 * @param queue the most requests that wait, at least as many as the largest batch has
 */
public record BatchOptions(int largest, Duration longestWait, int queue) {
  /** Batches of up to 8, no wait for others, a queue of 256. */
  public static final BatchOptions DEFAULT = new BatchOptions(8, Duration.ZERO, 256);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is exceeded
   */
  public BatchOptions {
    if (largest < 1) {
      throw new IllegalArgumentException("largest is " + largest + ", it must be at least 1");
    }
    if (longestWait.isNegative() || longestWait.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(
          "longestWait is " + longestWait + ", expected zero to a day");
    }
    if (queue < largest) {
      throw new IllegalArgumentException(
          "queue is %d, it must be at least as many as the largest batch has, %d"
              .formatted(queue, largest));
    }
  }

  /** These settings with another largest batch. */
  public BatchOptions withLargest(int other) {
    return new BatchOptions(other, longestWait, queue);
  }

  /** These settings with another longest wait for others. */
  public BatchOptions withLongestWait(Duration other) {
    return new BatchOptions(largest, other, queue);
  }

  /** These settings with another number of requests that may wait. */
  public BatchOptions withQueue(int other) {
    return new BatchOptions(largest, longestWait, other);
  }

  /** The numbers of requests that a batch may have, rising: 1, 2, 4 and so on, and the largest. */
  public List<Integer> sizes() {
    List<Integer> sizes = new ArrayList<>();
    for (long size = 1; size < largest; size *= 2) {
      sizes.add((int) size);
    }
    sizes.add(largest);
    return sizes;
  }

  /** The largest batch that so many requests fill. */
  int size(int waiting) {
    return waiting >= largest ? largest : Integer.highestOneBit(waiting);
  }
}
