package dev.residual.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;

/**
 * The program in a JVM of its own.
 *
 * @param output both streams
 */
record Subprocess(int code, String output) {

  /** Runs the program to its end. */
  static Subprocess run(List<String> options, String... arguments)
      throws IOException, InterruptedException {
    Process process = builder(options, arguments).start();
    String output = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
    return new Subprocess(process.waitFor(), output);
  }

  /**
   * The program, ready to start.
   *
   * @param options of the JVM
   */
  static ProcessBuilder builder(List<String> options, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }
}
