package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.probe.LoadCuda;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tukaani.xz.XZInputStream;

/** A JVM that a test starts. */
final class ChildJvm {

  private ChildJvm() {}

  /**
   * What became of a JVM.
   *
   * @param exit its exit code
   * @param output all it printed
   */
  record Outcome(int exit, String output) {}

  /** Runs java with these arguments, and gives all it printed. */
  static String run(String... arguments) throws IOException, InterruptedException {
    return run(Map.of(), arguments).output();
  }

  /** Runs java with these arguments and these variables in its environment. */
  static Outcome run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }

  /**
   * What {@link LoadCuda} prints.
   *
   * @param properties options of java
   */
  static String loadCuda(Map<String, String> environment, List<String> properties, String... what)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(properties);
    arguments.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            bindings() + File.pathSeparator + location(LoadCuda.class),
            LoadCuda.class.getName()));
    arguments.addAll(List.of(what));
    Outcome outcome = run(environment, arguments.toArray(String[]::new));
    assertThat(outcome.exit()).as(outcome.output()).isZero();
    return outcome.output();
  }

  /** The module of bindings and what it requires, as a path of classes or modules. */
  static String bindings() {
    return Stream.of(location(NativeLibrary.class), natives(), location(XZInputStream.class))
        .map(Path::toString)
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The folder or jar that a class was loaded from. */
  static Path location(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()));
  }

  /** The folder or jar with the carried libraries. */
  static Path natives() {
    String resource = "dev/residual/natives/linux-x86_64/onednn.sha256";
    String url = ChildJvm.class.getClassLoader().getResource(resource).toString();
    String root = url.substring(0, url.length() - resource.length());
    return Path.of(
        URI.create(root.startsWith("jar:") ? root.substring(4, root.length() - 2) : root));
  }
}
