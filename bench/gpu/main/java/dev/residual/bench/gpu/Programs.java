package dev.residual.bench.gpu;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs programs one after the other, within a time that they share. What each prints is kept. */
final class Programs {
  private final Path root;
  private final Path logs;
  private final long end;

  /**
   * Programs that run from now on.
   *
   * @param root the folder they run in
   * @param logs the folder of what they print
   * @param limit the time of all together
   */
  Programs(Path root, Path logs, Duration limit) {
    this.root = root;
    this.logs = logs;
    this.end = System.nanoTime() + limit.toNanos();
  }

  /**
   * A program that has ended.
   *
   * @param status its exit code; of one that was stopped any
   * @param late whether it was stopped, for its time was over
   * @param output what it printed
   * @param log the file of that
   */
  record Ended(int status, boolean late, String output, Path log) {

    boolean isRight() {
      return status == 0 && !late;
    }

    /** Why it is not right, in one line. */
    String problem() {
      String last =
          output
              .lines()
              .filter(line -> line.startsWith("residual: ") || line.contains("Exception"))
              .reduce((a, b) -> b)
              .or(() -> output.strip().lines().reduce((a, b) -> b))
              .orElse("no output");
      return "%s: %s (%s)"
          .formatted(
              late ? "stopped at the end of its time" : "exit code " + status,
              last.strip(),
              log.getFileName());
    }
  }

  /** The time that is left. */
  Duration left() {
    return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
  }

  Path root() {
    return root;
  }

  /** The start of a command that runs a class of this program's in a Java process of its own. */
  static List<String> java(String... options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    // JMH needs it.
    command.add("--sun-misc-unsafe-memory-access=allow");
    // They run in another folder.
    String classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));
    command.addAll(List.of("-cp", classPath));
    command.addAll(List.of(options));
    return command;
  }

  /**
   * Runs a program to its end, or to that of the time.
   *
   * @param name of the log
   */
  Ended run(String name, List<String> command) throws IOException {
    Path log = logs.resolve(name + ".log");
    Process process =
        new ProcessBuilder(command)
            .directory(root.toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectOutput(log.toFile())
            .start();
    boolean late;
    try {
      late = !process.waitFor(left().toMillis(), TimeUnit.MILLISECONDS);
      if (late) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      throw new IOException("interrupted while it ran: " + name, e);
    }
    // Programs print what they like: a byte that is no character is no reason to fail.
    String output = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    return new Ended(process.exitValue(), late, output, log);
  }
}
