package dev.residual.backend.onednn;

import dev.residual.bindings.CacheFolders;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A text file of choices: one line for each, {@code choice=operation}.
 *
 * <p>Lines are appended in one write, and of two processes that choose at the same time the first
 * line counts for all that read the file later.
 */
final class TuningFile {
  private final @Nullable Path file;
  private final Map<String, String> choices = new HashMap<>();

  /** The file as it was when it was last read: at first, and after each line of our own. */
  private @Nullable List<String> lines;

  /**
   * The choices in a file, which need not exist.
   *
   * @param file null to choose nothing
   */
  TuningFile(@Nullable Path file) {
    this.file = file;
  }

  /** The file for this processor and these libraries, in the first cache folder that has room. */
  static TuningFile ofThisMachine() {
    if ("off".equals(System.getProperty("residual.tuning"))) {
      return new TuningFile(null);
    }
    String name =
        "%s %s oneDNN %s kernels %s %s"
            .formatted(
                processor(),
                OneDnnRuntime.instructions(Dnnl.dnnl_get_effective_cpu_isa()),
                OneDnn.version(),
                KernelLibrary.NEEDED,
                KernelLibrary.isAvailable() ? Residual.residual_isa().getString(0) : "none")
            .replaceAll("[^A-Za-z0-9.]+", "-");
    for (Path folder : CacheFolders.candidates()) {
      Path file = folder.resolve("tuning-" + name + ".txt");
      try {
        Files.createDirectories(folder);
        Files.writeString(file, "", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        return new TuningFile(file);
      } catch (IOException | SecurityException e) {
        continue;
      }
    }
    return new TuningFile(null);
  }

  /** Where the file is; empty if choices are not kept. */
  Optional<String> location() {
    return Optional.ofNullable(file).map(Path::toString);
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("processor");
    } catch (IOException | UncheckedIOException e) {
      return "processor";
    }
  }

  /**
   * The choice for an operation: the one on file, or the measured one, which is put there.
   *
   * @param implementations what can be chosen; others on file are ignored
   */
  String choice(String operation, List<String> implementations, Supplier<String> measurement) {
    String known = choices.get(operation);
    if (known == null) {
      known =
          file == null
              ? implementations.getFirst()
              : fromFile(file, operation, implementations, measurement);
      choices.put(operation, known);
    }
    return known;
  }

  private String fromFile(
      Path file, String operation, List<String> implementations, Supplier<String> measurement) {
    String fallback = implementations.getFirst();
    try {
      if (lines == null) {
        lines = read(file);
      }
      String known = find(lines, operation, implementations);
      if (known == null) {
        String line = measurement.get() + "=" + operation + "\n";
        Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        lines = read(file);
        known = find(lines, operation, implementations);
      }
      return known == null ? fallback : known;
    } catch (IOException e) {
      return fallback;
    }
  }

  private static List<String> read(Path file) throws IOException {
    // Bytes that are no text make strange lines, which match nothing.
    return Files.exists(file)
        ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList()
        : List.of();
  }

  private static @Nullable String find(
      List<String> lines, String operation, List<String> implementations) {
    for (String line : lines) {
      int end = line.indexOf('=');
      if (end > 0
          && line.substring(end + 1).equals(operation)
          && implementations.contains(line.substring(0, end))) {
        return line.substring(0, end);
      }
    }
    return null;
  }
}
