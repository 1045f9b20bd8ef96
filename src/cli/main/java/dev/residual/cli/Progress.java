package dev.residual.cli;

/**
 * A report on work of a known number of steps: on a screen a bar, elsewhere lines, after five
 * seconds, twice as long, and so on up to a minute. Work of less than two seconds is not reported.
 */
sealed interface Progress extends AutoCloseable permits BarProgress, LineProgress {

  /** The report on a task that begins now. */
  static Progress of(Console console, String task, long steps) {
    return console.terminal()
        ? new BarProgress(task, steps)
        : new LineProgress(console, task, steps, System::nanoTime);
  }

  /**
   * Tells how far the work is.
   *
   * @param done the number of steps done
   * @param message what else there is to say, as {@code loss 1.20, 950 images/s, 3:20 left}; may be
   *     empty
   */
  void report(long done, String message);

  /** Ends the report. */
  @Override
  void close();
}
