package dev.residual.cli;

import dev.residual.cli.output.Text;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a command writes.
 *
 * @param out results
 * @param err progress, notes and errors
 * @param terminal whether {@code err} is a screen on which a line can be overwritten
 */
record Console(PrintWriter out, PrintWriter err, boolean terminal) {
  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

  /** Standard output and standard error. */
  static Console system() {
    return new Console(
        new PrintWriter(System.out, true), new PrintWriter(System.err, true), isTerminal());
  }

  /** Writes a line that is no result. */
  void note(String line) {
    err.println(Text.line(line));
    err.flush();
  }

  /** Writes a note on what a user may not have meant. */
  void warn(String text) {
    note("note: " + text);
  }

  private static boolean isTerminal() {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      // The JDK knows about standard input and output only.
      Path device = Files.readSymbolicLink(STANDARD_ERROR);
      return device.startsWith("/dev/pts") || device.toString().startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return System.console() != null && System.console().isTerminal();
    }
  }
}
