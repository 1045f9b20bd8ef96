package dev.residual.engine;

/**
 * Settings of a compilation.
 *
 * @param threads the number of threads inside an operation, at most {@link #MAX_THREADS}; the
 *     default follows the container's CPU limit. A backend takes fewer where operations are so
 *     short that more would only wait for each other
 */
public record CompileOptions(int threads) {
  /** More have no use on any machine, and OpenMP would end the process when it runs out of them. */
  public static final int MAX_THREADS = 1024;

  /** As many threads as the container may use. */
  public static final CompileOptions DEFAULT =
      new CompileOptions(Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if threads is below 1 or above {@link #MAX_THREADS}
   */
  public CompileOptions {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          "threads is " + threads + ", expected 1 to " + MAX_THREADS);
    }
  }
}
