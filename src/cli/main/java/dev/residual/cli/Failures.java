package dev.residual.cli;

import dev.residual.cli.output.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * What a user reads of an exception: one line on standard error, and the exit code.
 *
 * @param stackTrace whether to print where it happened too
 */
record Failures(boolean stackTrace)
    implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private static final int FAILURE = 1;
  private static final int WRONG_USE = 2;

  @Override
  public int handleExecutionException(
      Exception e, CommandLine commandLine, ParseResult parseResult) {
    if (e instanceof CancellationException) {
      // The process is ending, with the exit code of a signal, and all has been said.
      return FAILURE;
    }
    return report(e, commandLine);
  }

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine commandLine = e.getCommandLine();
    String command = commandLine.getCommandSpec().qualifiedName();
    commandLine
        .getErr()
        .println("%s: %s (see '%s --help')".formatted(command, line(message(e)), command));
    trace(e, commandLine);
    return WRONG_USE;
  }

  /** Prints a failure, and returns its exit code. */
  int report(Throwable e, CommandLine commandLine) {
    commandLine.getErr().println("residual: " + printable(e));
    trace(e, commandLine);
    return FAILURE;
  }

  /** The message; of those about native libraries the first line, for `doctor` tells the rest. */
  private static String printable(Throwable e) {
    String message = message(e);
    return Text.line(
        e.getClass().getSimpleName().equals("NativeLibraryException")
            ? message.lines().findFirst().orElse(message)
            : message);
  }

  static String message(Throwable e) {
    String message = Objects.requireNonNullElse(e.getMessage(), e.getClass().getName());
    return switch (e) {
      case UncheckedIOException unchecked when unchecked.getCause() != null ->
          message(unchecked.getCause());
      case NoSuchFileException missing -> missing.getFile() + ": no such file or folder";
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case FileSystemException file when file.getReason() == null ->
          file.getFile() + ": " + file.getClass().getSimpleName();
      case IOException io -> message;
      case IllegalArgumentException argument -> message;
      case IllegalStateException state -> message;
      case ParameterException wrongUse -> message;
      case OutOfMemoryError memory -> outOfMemory(message);
      // The library's own are written for users.
      case RuntimeException own when own.getClass().getName().startsWith("dev.residual.") ->
          message;
      default -> "internal error, please report it with what --stacktrace prints: " + e;
    };
  }

  private static String outOfMemory(String reason) {
    return "out of memory (%s): the Java heap is limited to %s; give it more, as with java -Xmx8g"
            .formatted(reason, Text.bytes(Runtime.getRuntime().maxMemory()))
        + " -jar residual.jar, or use smaller batches";
  }

  private static String line(String text) {
    String line = text.lines().map(String::strip).reduce((a, b) -> a + " " + b).orElse("");
    // What stands for letters that the locale has not, of the arguments of a program too.
    String advice = line.indexOf('\uFFFD') < 0 ? "" : "; LC_ALL=C.UTF-8 has letters beyond ASCII";
    return Text.line(line + advice);
  }

  private void trace(Throwable e, CommandLine commandLine) {
    if (stackTrace) {
      e.printStackTrace(commandLine.getErr());
    }
  }
}
