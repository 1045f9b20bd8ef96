package dev.residual.backend.onednn;

/**
 * What is done so that no convolution computes wrongly, for some implementations do.
 *
 * @param simplifies whether oneDNN is given the simplest of the windows that mean the same
 * @param avoids whether implementations are passed over that are known to be wrong
 * @param checks whether the results of each are compared with plain loops before it is used
 * @param passed how many implementations of oneDNN to pass over besides
 */
record Safeguards(boolean simplifies, boolean avoids, boolean checks, int passed) {
  /** All of them. */
  static final Safeguards ALL = new Safeguards(true, true, true, 0);

  /** What is left to look at one implementation alone, whatever is known of it. */
  Safeguards trial(int passed) {
    return new Safeguards(simplifies, false, false, passed);
  }
}
