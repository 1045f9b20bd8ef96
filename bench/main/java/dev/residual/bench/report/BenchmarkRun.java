package dev.residual.bench.report;

import dev.residual.bench.Frameworks;
import dev.residual.bench.Notes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The program that runs benchmarks and writes a file of results, a table and charts.
 *
 * <p>It takes JMH's arguments and three of its own: {@code --name NAME} of the files, to which
 * results are added if they are there; {@code --peers}; and {@code --python PROGRAM}, one that can
 * import torch. Files are written after each workload, so that a run which is cut short is not
 * lost. With {@code -f 0} all settings share this process, which suits operations that take less
 * time than a process takes to start.
 */
public final class BenchmarkRun {
  private static final Path FOLDER = Path.of("bench/results");
  private static final String WORKLOAD = "workload";

  /** The peers of each benchmark: other frameworks have no such thing, whatever their version. */
  private static final Map<String, Set<String>> PEERS =
      Map.of(
          "TrainingStepBenchmark",
          Set.of("pytorch", "onnxruntime", "djl", "tensorflow", "deeplearning4j"),
          "InferenceBenchmark",
          Set.of("pytorch", "onnxruntime", "djl", "tensorflow", "deeplearning4j"),
          "ConvolutionBenchmark",
          Set.of("pytorch", "onednn"));

  private final List<String> chosen;
  private final CommandLineOptions options;
  private final Path file;
  private final List<String> peers;
  private final Optional<PythonPeer> python;
  private Results results;

  private BenchmarkRun(List<String> arguments) throws CommandLineOptionException, IOException {
    String name =
        option(arguments, "--name")
            .orElse(
                DateTimeFormatter.ofPattern("yyyy-MM-dd-HHmm", java.util.Locale.ROOT)
                    .withZone(ZoneOffset.UTC)
                    .format(Instant.now()));
    boolean wanted = arguments.remove("--peers");
    String interpreter = option(arguments, "--python").orElse("python3");
    CommandLineOptions all = new CommandLineOptions(arguments.toArray(String[]::new));
    chosen = all.getIncludes();
    // JMH would add them to those of each single run.
    chosen.forEach(arguments::remove);
    options = new CommandLineOptions(arguments.toArray(String[]::new));
    file = Files.createDirectories(FOLDER).resolve(name + ".json");
    peers = wanted ? Frameworks.peers() : List.of();
    python =
        wanted
            ? Optional.of(
                PythonPeer.of(interpreter, values("framework", PythonPeer.FRAMEWORKS), options))
            : Optional.empty();
    Machine machine = Machine.current();
    results =
        Files.exists(file)
            ? Results.read(file).with(machine, List.of())
            : new Results(machine, List.of());
  }

  /** Runs the benchmarks that a regular expression chooses. */
  public static void main(String[] args)
      throws CommandLineOptionException, IOException, RunnerException {
    List<String> arguments = new ArrayList<>(Arrays.asList(args));
    if (arguments.stream().anyMatch(Set.of("-h", "-l", "-lp", "-lprof", "-lrf")::contains)) {
      org.openjdk.jmh.Main.main(args);
      return;
    }
    new BenchmarkRun(arguments).run();
  }

  private static Optional<String> option(List<String> arguments, String name) {
    int index = arguments.indexOf(name);
    if (index < 0 || index + 1 == arguments.size()) {
      return Optional.empty();
    }
    arguments.remove(index);
    return Optional.of(arguments.remove(index));
  }

  private void run() throws RunnerException, IOException {
    Set<BenchmarkListEntry> entries =
        BenchmarkList.defaultList()
            .find(
                OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                chosen,
                options.getExcludes());
    if (entries.isEmpty()) {
      throw new IllegalArgumentException("no benchmark matches " + chosen);
    }
    for (BenchmarkListEntry entry : entries) {
      // One workload after the other, so that frameworks are compared at nearly the same time.
      for (Optional<String> workload : workloads(entry)) {
        run(entry, workload);
      }
    }
    System.out.println(file + ", and a table and charts beside it");
  }

  private List<Optional<String>> workloads(BenchmarkListEntry entry) {
    Map<String, String[]> defaults = entry.getParams().orElse(Map.of());
    String[] known = defaults.get(WORKLOAD);
    if (known == null) {
      return List.of(Optional.empty());
    }
    return values(WORKLOAD, List.of(known)).stream().map(Optional::of).toList();
  }

  private List<String> frameworks(BenchmarkListEntry entry) {
    Set<String> having =
        PEERS.getOrDefault(
            entry.getUsername().replaceFirst("^.*\\.(\\w+)\\.\\w+$", "$1"), Set.of());
    List<String> frameworks = new ArrayList<>(List.of(Frameworks.RESIDUAL));
    peers.stream().filter(having::contains).forEach(frameworks::add);
    return frameworks;
  }

  private List<String> values(String param, List<String> otherwise) {
    return options.getParameter(param).hasValue()
        ? List.copyOf(options.getParameter(param).get())
        : otherwise;
  }

  /** The benchmark's own numbers of threads, of which 0 stands for all processors. */
  private static List<String> threads(BenchmarkListEntry entry) {
    Map<String, String[]> defaults = entry.getParams().orElse(Map.of());
    return Arrays.stream(defaults.getOrDefault("threads", new String[] {"0"}))
        .map(n -> n.equals("0") ? "" + Runtime.getRuntime().availableProcessors() : n)
        .toList();
  }

  private void run(BenchmarkListEntry entry, Optional<String> workload)
      throws RunnerException, IOException {
    Path notes = Files.createTempFile("residual-bench", ".notes");
    // For this process, too: it may be the one that measures.
    System.setProperty(Notes.FILE, notes.toString());
    List<String> jvmArgs = new ArrayList<>();
    jvmArgs.add("-D" + Notes.FILE + "=" + notes);
    jvmArgs.add(
        "-D" + Frameworks.FOLDER + "=" + System.getProperty(Frameworks.FOLDER, "bench/peers"));
    List<String> threads = values("threads", threads(entry));
    List<String> frameworks = new ArrayList<>(values("framework", frameworks(entry)));
    frameworks.removeAll(PythonPeer.FRAMEWORKS);
    ChainedOptionsBuilder builder =
        new OptionsBuilder()
            .parent(options)
            .include("^" + java.util.regex.Pattern.quote(entry.getUsername()) + "$")
            .jvmArgsPrepend(jvmArgs.toArray(String[]::new))
            .param("threads", threads.toArray(String[]::new))
            .param("framework", frameworks.toArray(String[]::new));
    workload.ifPresent(w -> builder.param(WORKLOAD, w));
    List<Outcome> outcomes = new ArrayList<>();
    if (!frameworks.isEmpty()) {
      outcomes.addAll(Collected.from(new Runner(builder.build()).run(), notes));
    }
    Files.delete(notes);
    if (python.isPresent() && workload.isPresent()) {
      String benchmark = entry.getUsername().replaceFirst("^.*\\.(\\w+\\.\\w+)$", "$1");
      for (Map<String, String> setting : settings(workload.get(), threads)) {
        outcomes.addAll(python.get().measure(benchmark, setting));
      }
    }
    results = results.with(Machine.current(), outcomes);
    results.write(file);
    String stem = file.getFileName().toString().replaceFirst("\\.json$", "");
    Files.writeString(file.resolveSibling(stem + ".md"), Table.of(results));
    write(file.resolveSibling(stem + ".svg"), Chart.of(results));
    write(file.resolveSibling(stem + "-scaling.svg"), ScalingChart.of(results));
  }

  /** What a Python peer measures of a workload. */
  private List<Map<String, String>> settings(String workload, List<String> threads) {
    List<Map<String, String>> settings = new ArrayList<>();
    for (String device : values(Outcome.DEVICE, List.of(Frameworks.CPU))) {
      for (String precision : values("precision", List.of("f32"))) {
        for (String n : threads) {
          settings.add(
              Map.of(
                  WORKLOAD,
                  workload,
                  Outcome.DEVICE,
                  device,
                  "precision",
                  precision,
                  "threads",
                  n));
        }
      }
    }
    return settings;
  }

  private static void write(Path chart, Optional<String> svg) throws IOException {
    if (svg.isPresent()) {
      Files.writeString(chart, svg.get());
    }
  }
}
