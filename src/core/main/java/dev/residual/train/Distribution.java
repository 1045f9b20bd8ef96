package dev.residual.train;

import dev.residual.graph.Graph;
import dev.residual.graph.passes.GradientSums;
import dev.residual.graph.passes.SharedNorms;

/**
 * How processes share the training of one network: each has its part of every batch, and all have
 * the same weights after every step.
 *
 * @param processes how many there are; with 1 nothing is shared
 * @param sharedNorms whether batch normalisations take the statistics of all parts of a batch, as
 *     one process with the whole batch does; else each those of its own part
 * @param bucketBytes the bytes of gradients that are exchanged at once
 */
public record Distribution(int processes, boolean sharedNorms, long bucketBytes) {
  /** One process. */
  public static final Distribution NONE = of(1);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if processes or bytes are below 1
   */
  public Distribution {
    if (processes < 1 || bucketBytes < 1) {
      throw new IllegalArgumentException(
          "%d processes, buckets of %d bytes: expected at least 1 of each"
              .formatted(processes, bucketBytes));
    }
  }

  /** So many processes, whose normalisations take the statistics of their own part of a batch. */
  public static Distribution of(int processes) {
    return new Distribution(processes, false, GradientSums.BUCKET_BYTES);
  }

  /** This with or without statistics that are shared. */
  public Distribution withSharedNorms(boolean shared) {
    return new Distribution(processes, shared, bucketBytes);
  }

  /** This with buckets of another size. */
  public Distribution withBucketBytes(long other) {
    return new Distribution(processes, sharedNorms, other);
  }

  /**
   * The images that each process takes of a batch.
   *
   * @throws IllegalArgumentException if they are not the same for all
   */
  public int part(int batch) {
    if (batch % processes != 0) {
      throw new IllegalArgumentException(
          "a batch of %d images cannot be shared evenly by %d processes: expected a multiple"
              .formatted(batch, processes));
    }
    return batch / processes;
  }

  /** A step in which the processes do so. */
  Graph apply(Graph step) {
    return GradientSums.of(
        sharedNorms ? SharedNorms.of(step, processes) : step, processes, bucketBytes);
  }
}
