package dev.residual.cli;

import dev.residual.Backends;
import dev.residual.CpuRuntime;
import dev.residual.CudaRuntime;
import dev.residual.cli.output.Text;
import dev.residual.io.files.AtomicFile;
import dev.residual.io.images.ImageRuntime;
import dev.residual.mpi.MpiRuntime;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Reports what this machine has for the program. */
@Command(
    name = "doctor",
    description = "Reports what was found, where, which version, and what the processor can do.")
final class Doctor implements Callable<Integer> {
  private static final int MOST_WRONG = 5;

  private static final List<String> VARIABLES =
      List.of(
          "OMP_NUM_THREADS",
          "OMP_DYNAMIC",
          "OMP_THREAD_LIMIT",
          "OMP_MAX_ACTIVE_LEVELS",
          "OMP_WAIT_POLICY",
          "KMP_BLOCKTIME",
          "ONEDNN_MAX_CPU_ISA",
          "ONEDNN_VERBOSE",
          "LD_LIBRARY_PATH",
          "LD_PRELOAD");

  @Option(
      names = "--device-json",
      paramLabel = "F",
      arity = "0..1",
      fallbackValue = "",
      description =
          "Instead, write the description of the first GPU into this file, or print it; 'plan"
              + " --device F' plans for it anywhere.")
  @Nullable String deviceJson;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (deviceJson != null) {
      return describe(out, deviceJson);
    }
    Host machine = Host.current();
    line(out, "residual", Version.current());
    line(
        out,
        "java",
        "%s, %s, %s"
            .formatted(
                System.getProperty("java.version"),
                System.getProperty("java.vendor"),
                System.getProperty("java.home")));
    line(out, "native access", nativeAccess());
    line(
        out,
        "system",
        "%s %s, %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")));
    line(out, "processor", machine.processor());
    line(out, "flags", String.join(" ", machine.flags()));
    int cores = Runtime.getRuntime().availableProcessors();
    line(out, "cores", cores + " for this process, " + machine.quota());
    line(out, "threads", cores + " by default; --threads N takes others");
    line(
        out,
        "memory",
        "%s, Java heap up to %s"
            .formatted(machine.memory(), Text.bytes(Runtime.getRuntime().maxMemory())));
    for (String variable : VARIABLES) {
      String value = System.getenv(variable);
      if (value != null) {
        line(out, variable, value);
      }
    }
    ImageRuntime images = ImageRuntime.load();
    line(out, "JPEG", images.jpeg());
    line(out, "WebP", images.webp());
    line(out, "TIFF", images.tiff());
    line(out, "MPI", MpiRuntime.describe());
    DoctorGpu.print(out);
    out.flush();
    // Last, since the command fails where the library is missing.
    library(out);
    return 0;
  }

  private static Integer describe(PrintWriter out, String file) throws IOException {
    String json = CudaRuntime.describe(0);
    if (file.isEmpty()) {
      out.println(json);
    } else {
      byte[] bytes = (json + System.lineSeparator()).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(Path.of(file), stream -> stream.write(bytes));
    }
    return 0;
  }

  private static void library(PrintWriter out) {
    CpuRuntime runtime;
    try {
      runtime = CpuRuntime.load();
    } catch (RuntimeException e) {
      line(out, "oneDNN", "NOT USABLE");
      report(out, String.valueOf(e.getMessage()));
      throw e;
    }
    line(out, runtime.library(), runtime.version());
    line(out, "library", runtime.location());
    line(out, "instructions", runtime.instructions());
    line(out, "bf16", runtime.bf16() ? "yes" : "no: this processor does not multiply it");
    line(out, "int8", runtime.int8() ? "yes" : "no: this processor lacks VNNI");
    line(
        out,
        "own kernels",
        runtime
            .kernels()
            .orElse("none, and slower: they are built where there is a C compiler (gcc)"));
    line(out, "choices", runtime.choices().orElse("not kept"));
    line(out, "wrong kernels", wrong(runtime.wrong()));
    List<String> runtimes = Host.openMpRuntimes();
    line(out, "OpenMP", runtimes.isEmpty() ? "none loaded" : String.join(", ", runtimes));
    if (runtimes.size() > 1) {
      line(out, "", "several OpenMP runtimes in one process compete for the cores");
    }
  }

  private static String wrong(List<String> kernels) {
    if (kernels.isEmpty()) {
      return "none found";
    }
    List<String> lines = new ArrayList<>(kernels.subList(0, Math.min(MOST_WRONG, kernels.size())));
    if (lines.size() < kernels.size()) {
      lines.add("and %d more, in the file of choices".formatted(kernels.size() - lines.size()));
    }
    return "%d, of which none is used:%n%15s".formatted(kernels.size(), "")
        + String.join("%n%15s".formatted(""), lines);
  }

  private static String nativeAccess() {
    Module library =
        Backends.class.getModule().getLayer() == null
            ? Backends.class.getModule()
            : Backends.class
                .getModule()
                .getLayer()
                .findModule("dev.residual.bindings")
                .orElse(Backends.class.getModule());
    return library.isNativeAccessEnabled()
        ? "granted"
        : "NOT GRANTED: start java with --enable-native-access="
            + (library.isNamed() ? library.getName() : "ALL-UNNAMED");
  }

  /** What was tried and what to do, of a library that does not serve. */
  static void report(PrintWriter out, String report) {
    report.lines().skip(1).forEach(each -> line(out, "", Text.line(each)));
  }

  static void line(PrintWriter out, String name, String text) {
    out.println(Text.format("%-14s %s", name, text).stripTrailing());
  }
}
