package dev.residual.engine;

/**
 * Settings of a compilation.
 *
 * @param threads the number of threads inside an operation; the default follows the container's CPU
 *     limit
 */
public record CompileOptions(int threads) {
  /** As many threads as the container may use. */
  public static final CompileOptions DEFAULT =
      new CompileOptions(Runtime.getRuntime().availableProcessors());

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if threads is below 1
   */
  public CompileOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + ", it must be at least 1");
    }
  }
}
