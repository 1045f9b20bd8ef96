package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program of the tests in a JVM of its own. */
public final class ProbeJvm {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ProbeJvm() {}

  /**
   * A program, ready to start.
   *
   * @param options of the JVM
   */
  public static ProcessBuilder builder(
      Class<?> program, List<String> options, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  /** Runs a program to its end, which must be a good one, and gives all it printed. */
  public static String run(Class<?> program, List<String> options, String... arguments)
      throws IOException, InterruptedException {
    Process process = builder(program, options, arguments).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  /**
   * Runs a program that prints {@link #resident} before and after some work, which adds nothing.
   */
  public static void requireFlat(Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    assumeThat(STATUS).as("resident memory is read from here").exists();
    String output =
        run(
            program,
            List.of(
                // All of the heap is resident from the beginning: what grows is native.
                "-Xms128m",
                "-Xmx128m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"),
            arguments);
    String[] kilobytes = output.strip().split(" ");
    assertThat(Long.parseLong(kilobytes[1])).isLessThan(Long.parseLong(kilobytes[0]) + 2048);
  }

  /** The resident memory of this process in kilobytes. */
  public static long resident() throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmRSS"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
