package dev.residual.cli;

import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;

/** What the library logs, as notes of the console: one line each. */
final class NoteLog extends Handler {
  private final Console console;

  NoteLog(Console console) {
    this.console = console;
    setFormatter(new SimpleFormatter());
  }

  @Override
  public void publish(LogRecord line) {
    if (isLoggable(line)) {
      console.warn(getFormatter().formatMessage(line));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
