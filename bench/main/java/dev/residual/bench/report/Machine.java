package dev.residual.bench.report;

import dev.residual.CpuRuntime;
import dev.residual.CudaRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was measured on.
 *
 * @param processor the model
 * @param cores those that this process may use
 * @param memory what there is
 * @param system the operating system
 * @param jdk the Java virtual machine
 * @param library what Residual runs on
 * @param gpus those that can be used, with the versions of the driver and of cuDNN; null if none
 * @param date of the last measurement, UTC
 */
public record Machine(
    String processor,
    int cores,
    String memory,
    String system,
    String jdk,
    String library,
    @Nullable String gpus,
    String date) {

  /** What speeds depend on most; processors of several kinds have the same name. */
  String hardware() {
    String own = "%s, %d cores, %s".formatted(processor, cores, library);
    return gpus == null ? own : own + "; " + gpus;
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
        gpus(CudaRuntime.look()),
        java.time.Instant.now().truncatedTo(java.time.temporal.ChronoUnit.SECONDS).toString());
  }

  private static @Nullable String gpus(CudaRuntime runtime) {
    if (runtime.missing().isPresent()) {
      return null;
    }
    String gpus =
        runtime.devices().stream()
            .map(gpu -> "%s with %d MiB".formatted(gpu.name(), gpu.memoryBytes() >> 20))
            .collect(Collectors.joining(", "));
    String libraries =
        runtime.libraries().stream()
            .skip(1)
            .map(library -> library.name() + " " + library.version())
            .collect(Collectors.joining(", "));
    return "%s, driver %s for CUDA %s, %s"
        .formatted(
            gpus,
            value("/sys/module/nvidia/version", ""),
            runtime.libraries().getFirst().version(),
            libraries);
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
