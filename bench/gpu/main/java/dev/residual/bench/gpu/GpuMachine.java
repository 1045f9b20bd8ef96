package dev.residual.bench.gpu;

import dev.residual.CudaRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is tested on, by name. */
final class GpuMachine {
  private static final List<Path> DRIVER =
      List.of(Path.of("/sys/module/nvidia/version"), Path.of("/proc/driver/nvidia/version"));

  private GpuMachine() {}

  static Map<String, Object> of(CudaRuntime runtime) {
    Map<String, Object> machine = new LinkedHashMap<>();
    for (CudaRuntime.Device gpu : runtime.devices()) {
      machine.put(
          "GPU " + gpu.number(),
          "%s, compute capability %s, %d MiB"
              .formatted(gpu.name(), gpu.computeCapability(), gpu.memoryBytes() >> 20));
    }
    machine.put("driver", driver());
    runtime.libraries().forEach(library -> machine.put(library.name(), library.summary()));
    machine.put("cores", Runtime.getRuntime().availableProcessors());
    machine.put("java", System.getProperty("java.vm.version"));
    machine.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    return machine;
  }

  private static String driver() {
    for (Path file : DRIVER.stream().filter(Files::isReadable).toList()) {
      try {
        return Files.readString(file).strip().lines().findFirst().orElse("");
      } catch (IOException e) {
        return "version not shown: " + e.getMessage();
      }
    }
    return "version not shown";
  }
}
