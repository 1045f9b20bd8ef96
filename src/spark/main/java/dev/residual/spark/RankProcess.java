package dev.residual.spark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A process of a training on this host, which a proxy of the launcher starts and watches.
 *
 * @param proxy ends well even where the process does not: that is for the launcher to tell
 * @param arguments the file that the JVM reads its arguments from
 * @param words what the proxy itself says
 */
record RankProcess(Process proxy, Path arguments, Path words) implements AutoCloseable {
  private static final String JAVA = "RESIDUAL_JAVA";
  private static final String ARGUMENTS = "RESIDUAL_ARGUMENTS";
  private static final Duration FAREWELL = Duration.ofSeconds(5);

  /** What the launcher is told to start: the program and the jars that each host has. */
  static final List<String> COMMAND =
      List.of("sh", "-c", "exec \"$%s\" @\"$%s\"".formatted(JAVA, ARGUMENTS));

  /**
   * Starts one.
   *
   * @param command the launcher's, for the proxy
   * @param environment of the process, beside that of this one
   * @param options of the command line
   */
  static RankProcess start(String command, Map<String, String> environment, List<String> options)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
    all.addAll(List.of("-cp", ClassPath.current(), Rank.class.getName()));
    all.addAll(options);
    Path arguments = Files.createTempFile("residual-", ".arguments");
    Path words = Files.createTempFile("residual-", ".proxy");
    try {
      Files.writeString(
          arguments, all.stream().map(RankProcess::quoted).collect(Collectors.joining("\n")));
      ProcessBuilder builder = new ProcessBuilder(command.split(" +"));
      builder.redirectErrorStream(true).redirectOutput(words.toFile());
      builder.environment().putAll(environment);
      builder
          .environment()
          .put(JAVA, System.getProperty("java.home") + File.separator + "bin/java");
      builder.environment().put(ARGUMENTS, arguments.toString());
      return new RankProcess(builder.start(), arguments, words);
    } catch (IOException e) {
      Files.delete(arguments);
      Files.delete(words);
      throw e;
    }
  }

  /** As files of arguments have it. */
  private static String quoted(String argument) {
    return '"' + argument.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /** Why the proxy itself has failed, which does not reach its launcher, say. */
  IOException failure() throws IOException {
    return new IOException(
        "the proxy of a process ended with code %d; it said: %s"
            .formatted(proxy.exitValue(), Files.readString(words).strip()));
  }

  /** Ends it, if it has not ended. */
  @Override
  public void close() throws IOException {
    proxy.descendants().forEach(ProcessHandle::destroyForcibly);
    proxy.destroyForcibly();
    try {
      // What it writes to is deleted; the next attempt is to find the processors free.
      proxy.waitFor(FAREWELL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Files.deleteIfExists(arguments);
    Files.deleteIfExists(words);
  }
}
