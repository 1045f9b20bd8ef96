package dev.residual.bench.gpu;

import dev.residual.CudaRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tests and measures on a GPU, and writes a table and a file of JSON. */
@Command(
    name = "gpu-test",
    mixinStandardHelpOptions = true,
    description = {
      "Tests and measures on an NVIDIA GPU. Writes report.md and report.json, and what each part"
          + " printed.",
      "The variable RESIDUAL_PYTHON names the Python that has PyTorch, and cuDNN if that is nowhere"
          + " else; python3, if it is not set.",
      "Exit code 0 if no part failed, 1 if one did; what is not possible here is no failure, but a"
          + " GPU is needed."
    })
public final class GpuTest implements Callable<Integer> {
  /** Of the memory of a GPU, what an image takes in the training of a ResNet-50 in f16. */
  private static final long IMAGE_BYTES = 128L << 20;

  @Option(names = "--root", paramLabel = "D", hidden = true, defaultValue = ".")
  Path root;

  @Option(
      names = "--parts",
      paramLabel = "P",
      split = ",",
      description = "contract, golden, weights, memory, sanitizer, throughput; all, if not given.")
  List<String> parts = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "The folder of real weights and images.")
  @Nullable Path data;

  @Option(
      names = "--golden",
      paramLabel = "D",
      description = "The folder of golden runs; golden here or shared/golden, if not given.")
  @Nullable Path golden;

  @Option(
      names = "--sanitizer",
      paramLabel = "P",
      defaultValue = "compute-sanitizer",
      description = "The program, or a name to look for (default: ${DEFAULT-VALUE}).")
  String sanitizer;

  @Option(
      names = "--device",
      paramLabel = "cuda:N",
      defaultValue = "cuda:0",
      description = "The GPU (default: ${DEFAULT-VALUE}).")
  String device;

  @Option(
      names = "--out",
      paramLabel = "D",
      defaultValue = "gpu-test-report",
      description = "The folder to write into (default: ${DEFAULT-VALUE}).")
  Path out;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "460",
      description = "Time of all parts together (default: ${DEFAULT-VALUE}).")
  int seconds;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Of the training whose memory is watched (default: ${DEFAULT-VALUE}).")
  int steps;

  @Option(
      names = "--network",
      paramLabel = "M",
      defaultValue = "resnet50",
      description = "Whose speed is measured (default: ${DEFAULT-VALUE}).")
  String network;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images of a step; 256, or what the GPU's memory holds, if not given.")
  @Nullable Integer batch;

  @Option(
      names = "--select",
      paramLabel = "S",
      split = ",",
      description = "Tests of the contract as JUnit's console selects them; all, if not given.")
  List<String> tests = new ArrayList<>();

  @Spec CommandSpec spec;

  /** Runs the program. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new GpuTest()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    CudaRuntime runtime = CudaRuntime.look();
    Settings settings = settings(runtime);
    List<Part> all =
        List.of(
            TestPart.contract(settings),
            TestPart.golden(settings),
            new WeightsPart(device, settings.data()),
            new MemoryPart(device, steps),
            new SanitizerPart(sanitizer, TestPart.steps(settings)),
            new ThroughputPart(device, python(), network, settings.batch()));
    Path logs = Files.createDirectories(out.toAbsolutePath());
    Report report = new Report(GpuMachine.of(runtime), new ArrayList<>());
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    for (Part part : chosen(all)) {
      long begin = System.nanoTime();
      Finding finding =
          runtime.missing().isPresent()
              ? Finding.failed("no usable GPU: " + runtime.missing().get())
              : find(part, logs, Duration.ofNanos(end - begin));
      Report.Entry entry =
          new Report.Entry(part.name(), finding, (System.nanoTime() - begin) / 1e9);
      report.parts().add(entry);
      spec.commandLine()
          .getOut()
          .printf("%-10s %-7s %s%n", part.name(), Report.word(entry), finding.summary());
      // After each part: a run that is cut short is not lost.
      Files.writeString(logs.resolve("report.json"), report.json());
      Files.writeString(logs.resolve("report.md"), report.markdown());
    }
    spec.commandLine().getOut().println(logs.resolve("report.md") + " and report.json");
    return report.isPassed() ? 0 : 1;
  }

  private Finding find(Part part, Path logs, Duration left) {
    Duration limit = left.compareTo(part.limit()) < 0 ? left : part.limit();
    if (!limit.isPositive()) {
      return Finding.failed("no time was left");
    }
    try {
      return part.run(new Programs(root.toAbsolutePath(), logs, limit));
    } catch (IOException e) {
      return Finding.failed(e.toString());
    }
  }

  private Settings settings(CudaRuntime runtime) {
    if (!device.matches("cuda(:\\d{1,4})?")) {
      throw wrong("--device %s: a GPU is cuda or cuda:N", device);
    }
    for (Path folder : Stream.of(data, golden).flatMap(Stream::ofNullable).toList()) {
      if (!Files.isDirectory(folder)) {
        throw wrong("%s is no folder", folder);
      }
    }
    if (seconds <= 0 || steps <= 1 || (batch != null && batch <= 0)) {
      throw wrong("--seconds and --batch are positive, --steps at least 2%s", "");
    }
    Path own = root.resolve("golden");
    Path runs = golden == null && Files.isDirectory(own) ? own : golden;
    return new Settings(
        device,
        data == null ? null : data.toAbsolutePath(),
        runs == null ? null : runs.toAbsolutePath(),
        batch == null ? batch(runtime) : batch,
        tests);
  }

  /** The one among whose packages NVIDIA's libraries are looked for, too. */
  private static String python() {
    String chosen = System.getenv("RESIDUAL_PYTHON");
    return chosen == null || chosen.isBlank() ? "python3" : chosen;
  }

  private static int batch(CudaRuntime runtime) {
    long memory =
        runtime.devices().stream().mapToLong(CudaRuntime.Device::memoryBytes).min().orElse(0);
    int images = 256;
    while (images > 1 && images * IMAGE_BYTES > memory) {
      images /= 2;
    }
    return images;
  }

  private List<Part> chosen(List<Part> all) {
    if (parts.isEmpty()) {
      return all;
    }
    Map<String, Part> byName =
        all.stream().collect(Collectors.toMap(Part::name, Function.identity()));
    return parts.stream()
        .map(
            name -> {
              Part part = byName.get(name);
              if (part == null) {
                throw wrong(
                    "--parts %s: there are contract, golden, weights, memory, sanitizer,"
                        + " throughput",
                    name);
              }
              return part;
            })
        .toList();
  }

  private ParameterException wrong(String message, Object what) {
    return new ParameterException(spec.commandLine(), message.formatted(what));
  }
}
