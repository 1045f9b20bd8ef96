package dev.residual.cli;

import java.util.function.LongSupplier;

/** Lines at ever longer distances, for logs. */
final class LineProgress implements Progress {
  private static final long FIRST = 5_000_000_000L;
  private static final long LONGEST = 60_000_000_000L;

  private final Console console;
  private final String task;
  private final long steps;
  private final LongSupplier nanos;
  private long distance = FIRST;
  private long next;

  /**
   * A report that begins now.
   *
   * @param nanos a clock
   */
  LineProgress(Console console, String task, long steps, LongSupplier nanos) {
    this.console = console;
    this.task = task;
    this.steps = steps;
    this.nanos = nanos;
    this.next = nanos.getAsLong() + FIRST;
  }

  @Override
  public void report(long done, String message) {
    long now = nanos.getAsLong();
    if (now - next >= 0) {
      distance = Math.min(2 * distance, LONGEST);
      next = now + distance;
      String more = message.isEmpty() ? "" : ", " + message;
      console.note("%s: %d of %d%s".formatted(task, done, steps, more));
    }
  }

  @Override
  public void close() {}
}
