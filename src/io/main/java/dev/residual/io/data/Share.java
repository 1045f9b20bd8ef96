package dev.residual.io.data;

/**
 * The part of the images that one of several processes takes: of all that the processes take
 * together in a step, in their order, as many as a batch holds.
 *
 * @param rank the number of the process, from 0
 * @param processes how many there are
 */
public record Share(int rank, int processes) {
  /** All images. */
  public static final Share ALL = new Share(0, 1);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if there is no such process
   */
  public Share {
    if (rank < 0 || rank >= processes) {
      throw new IllegalArgumentException(
          "process %d of %d: expected one from 0 to %d".formatted(rank, processes, processes - 1));
    }
  }

  /** Which of the batches of all processes a batch of this one is. */
  int batch(int own) {
    return own * processes + rank;
  }
}
