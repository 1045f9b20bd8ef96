package dev.residual.bench.report;

import dev.residual.CpuRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What was measured on.
 *
 * @param processor the model
 * @param cores those that this process may use
 * @param memory what there is
 * @param system the operating system
 * @param jdk the Java virtual machine
 * @param library what Residual runs on
 * @param date of the last measurement, UTC
 */
public record Machine(
    String processor,
    int cores,
    String memory,
    String system,
    String jdk,
    String library,
    String date) {

  /** What speeds depend on most; processors of several kinds have the same name. */
  String hardware() {
    return "%s, %d cores, %s".formatted(processor, cores, library);
  }

  /** Whether speeds can be compared, and put into one file, with those of another machine. */
  boolean isLike(Machine other) {
    return hardware().equals(other.hardware());
  }

  static Machine current() {
    CpuRuntime runtime = CpuRuntime.load();
    return new Machine(
        value("/proc/cpuinfo", "model name"),
        Runtime.getRuntime().availableProcessors(),
        value("/proc/meminfo", "MemTotal"),
        "%s %s, %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        "%s %s, %s, own kernels %s"
            .formatted(
                runtime.library(),
                runtime.version(),
                runtime.instructions(),
                runtime.kernels().isPresent() ? "present" : "absent"),
        java.time.Instant.now().truncatedTo(java.time.temporal.ChronoUnit.SECONDS).toString());
  }

  private static String value(String file, String name) {
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of(file));
    } catch (IOException e) {
      return "unknown";
    }
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }
}
