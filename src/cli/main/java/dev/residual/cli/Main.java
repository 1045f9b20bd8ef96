package dev.residual.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;

/**
 * The command line of ResidualCommand.
 *
 * <p>Exit codes: 0 for success, 1 for failure with one line on standard error, 2 for wrong use.
 */
public final class Main {
  /** Held, since the logging system would forget it and its level. */
  private static final Logger LOG = Logger.getLogger("dev.residual");

  /** Told of measurements that take minutes. */
  private static final Logger TUNING = Logger.getLogger("dev.residual.tuning");

  private Main() {}

  /** Runs one command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    // Numbers look alike in every country.
    Locale.setDefault(Locale.ROOT);
    writeNames();
    // Curves are drawn and images decoded on machines without a screen.
    System.setProperty("java.awt.headless", "true");
    // What the library notes about its surroundings is for `doctor` to tell.
    LOG.setLevel(Level.WARNING);
    Console console = Console.system();
    TUNING.setLevel(Level.INFO);
    TUNING.setUseParentHandlers(false);
    TUNING.addHandler(new NoteLog(console));
    int code = run(console, args);
    if (code == 0 && System.out.checkError()) {
      System.err.println("residual: standard output could not be written");
      code = 1;
    }
    System.exit(code);
  }

  /** Lets names beyond ASCII be written as files have them, where the locale knows ASCII alone. */
  private static void writeNames() {
    if (System.out.charset().equals(StandardCharsets.US_ASCII)) {
      System.setOut(utf8(FileDescriptor.out));
    }
    if (System.err.charset().equals(StandardCharsets.US_ASCII)) {
      System.setErr(utf8(FileDescriptor.err));
    }
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /** Runs one command, and returns its exit code. */
  static int run(Console console, String... args) {
    Failures failures = new Failures(wantsStackTrace(List.of(args), System.getenv()));
    CommandLine commandLine =
        new CommandLine(new ResidualCommand(), new CommandFactory(console))
            .setOut(console.out())
            .setErr(console.err())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionExceptionHandler(failures)
            .setParameterExceptionHandler(failures);
    try {
      return commandLine.execute(args);
    } catch (OutOfMemoryError | LinkageError e) {
      return failures.report(e, commandLine);
    } finally {
      console.out().flush();
      console.err().flush();
    }
  }

  static boolean wantsStackTrace(List<String> args, Map<String, String> environment) {
    return args.contains("--stacktrace")
        || !environment.getOrDefault("RESIDUAL_STACKTRACE", "").isEmpty();
  }
}
