package dev.residual.backend.onednn;

import dev.residual.bindings.CacheFolders;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.program.Tuning;
import dev.residual.engine.program.TuningFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The choices between kernels on this machine, one for the process. */
final class Choices {
  private static final boolean MEASURED = CompileOptions.DEFAULT.isMeasured();

  private static final Tuning TUNING = tuning(MEASURED ? file() : new TuningFile(null));

  /** For those who ask for measurements though the property says off. */
  private static final class Asked {
    static final Tuning TUNING = MEASURED ? Choices.TUNING : Choices.tuning(file());
  }

  private Choices() {}

  /** The measured choices, and which implementations are right. */
  static Tuning tuning() {
    return TUNING;
  }

  /** The choices of those who want measurements. */
  static Tuning measurements() {
    return Asked.TUNING;
  }

  private static Tuning tuning(TuningFile file) {
    return new Tuning(file, HostMemory::new, LastCache.bytes());
  }

  private static TuningFile file() {
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
