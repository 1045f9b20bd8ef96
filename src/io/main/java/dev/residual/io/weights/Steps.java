package dev.residual.io.weights;

import java.io.IOException;

/**
 * How many more steps a walk through the objects of a pickle may take. Objects can hold each other
 * over and over, so that walks are long where the pickle is short.
 */
final class Steps {
  private static final int EACH = 8;
  private static final int LEAST = 64;

  private long left;

  /** Some steps for each of these instructions of the pickle. */
  Steps(long instructions) {
    left = EACH * (instructions + LEAST);
  }

  /**
   * Takes so many steps.
   *
   * @throws IOException if there are no more
   */
  void take(long steps) throws IOException {
    left -= steps;
    if (left < 0) {
      throw new IOException("the objects in its pickle hold each other over and over");
    }
  }
}
