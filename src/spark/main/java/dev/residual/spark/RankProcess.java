package dev.residual.spark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A process of a training on this host, which a proxy of the launcher starts and watches.
 *
 * @param process the proxy
 * @param arguments the file that the JVM reads its arguments from
 */
record RankProcess(Process process, Path arguments) implements AutoCloseable {
  private static final String JAVA = "RESIDUAL_JAVA";
  private static final String ARGUMENTS = "RESIDUAL_ARGUMENTS";

  /** What the launcher is told to start: the program and the jars that each host has. */
  static final List<String> COMMAND =
      List.of("sh", "-c", "exec \"$%s\" @\"$%s\"".formatted(JAVA, ARGUMENTS));

  /**
   * Starts one.
   *
   * @param proxy the launcher's command
   * @param options of the command line
   */
  static RankProcess start(String proxy, List<String> options) throws IOException {
    List<String> all = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
    all.addAll(List.of("-cp", ClassPath.current(), Rank.class.getName()));
    all.addAll(options);
    Path file = Files.createTempFile("residual-", ".arguments");
    Files.writeString(
        file, all.stream().map(RankProcess::quoted).collect(Collectors.joining("\n")));
    ProcessBuilder builder = new ProcessBuilder(proxy.split(" +")).inheritIO();
    builder.environment().put(JAVA, System.getProperty("java.home") + File.separator + "bin/java");
    builder.environment().put(ARGUMENTS, file.toString());
    return new RankProcess(builder.start(), file);
  }

  /** As files of arguments have it. */
  private static String quoted(String argument) {
    return '"' + argument.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /** Ends it, if it has not ended. */
  @Override
  public void close() throws IOException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    Files.deleteIfExists(arguments);
  }
}
