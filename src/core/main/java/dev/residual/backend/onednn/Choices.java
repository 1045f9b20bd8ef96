package dev.residual.backend.onednn;

import dev.residual.bindings.CacheFolders;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.engine.program.Tuning;
import dev.residual.engine.program.TuningFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The choices between kernels on this machine, one for the process. */
final class Choices {
  private static final Tuning TUNING = new Tuning(file(), HostMemory::new, LastCache.bytes());

  private Choices() {}

  /** The measured choices, and which implementations are right. */
  static Tuning tuning() {
    return TUNING;
  }

  private static TuningFile file() {
    if ("off".equals(System.getProperty("residual.tuning"))) {
      return new TuningFile(null);
    }
    return TuningFile.in(
        CacheFolders.candidates(),
        "%s %s oneDNN %s kernels %s %s"
            .formatted(
                processor(),
                OneDnnRuntime.instructions(Dnnl.dnnl_get_effective_cpu_isa()),
                OneDnn.version(),
                KernelLibrary.NEEDED,
                KernelLibrary.isAvailable() ? Residual.residual_isa().getString(0) : "none"));
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
}
