package dev.residual.bench.report;

import dev.residual.bench.Notes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.options.Options;
import tools.jackson.databind.json.JsonMapper;

/**
 * PyTorch of the user's Python, which is an optional peer: it measures in a process of its own.
 *
 * @param interpreter the program
 * @param kinds the ways of running a network that are measured: eager, compile
 * @param arguments of the script that are the same for all
 */
record PythonPeer(String interpreter, List<String> kinds, List<String> arguments) {
  private static final String PREFIX = "pytorch-python-";

  /** The names of all such frameworks. */
  static final List<String> FRAMEWORKS = List.of(PREFIX + "eager", PREFIX + "compile");

  private static final Path SCRIPT = Path.of("bench/peers/pytorch.py");
  private static final Map<String, String> MODES =
      Map.of("TrainingStepBenchmark.step", "train", "InferenceBenchmark.infer", "infer");

  /**
   * The peer as the arguments of a run choose.
   *
   * @param frameworks names, those of other peers among them
   * @param options JMH's, of which iterations and their time matter
   */
  static PythonPeer of(String interpreter, List<String> frameworks, Options options) {
    List<String> arguments = new ArrayList<>();
    if (options.getMeasurementIterations().hasValue()) {
      arguments.addAll(List.of("--samples", "" + options.getMeasurementIterations().get()));
    }
    if (options.getMeasurementTime().hasValue()) {
      long milliseconds = options.getMeasurementTime().get().convertTo(TimeUnit.MILLISECONDS);
      arguments.addAll(List.of("--seconds", "" + milliseconds / 1e3));
    }
    List<String> kinds =
        FRAMEWORKS.stream()
            .filter(frameworks::contains)
            .map(name -> name.substring(PREFIX.length()))
            .toList();
    return new PythonPeer(interpreter, kinds, arguments);
  }

  /** One line of what the script prints. */
  private record Line(List<Double> milliseconds, Map<String, Object> notes) {}

  /** PyTorch's ways of running a network, or none if this benchmark is not of networks. */
  List<Outcome> measure(String benchmark, Map<String, String> setting) throws IOException {
    String mode = MODES.get(benchmark);
    List<Outcome> outcomes = new ArrayList<>();
    if (mode != null) {
      for (String kind : kinds) {
        outcomes.add(measure(benchmark, mode, kind, setting));
      }
    }
    return outcomes;
  }

  private Outcome measure(String benchmark, String mode, String kind, Map<String, String> setting)
      throws IOException {
    Map<String, String> params = new TreeMap<>(setting);
    params.put("framework", PREFIX + kind);
    Path errors = Files.createTempFile("residual-bench", ".err");
    try {
      List<String> command =
          new ArrayList<>(List.of(interpreter, SCRIPT.toString(), "--mode", mode, "--kind", kind));
      setting.forEach((name, value) -> command.addAll(List.of("--" + name, value)));
      command.addAll(arguments);
      System.out.println("# " + String.join(" ", command));
      Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      String output =
          new String(
              process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      int status = process.waitFor();
      @Nullable Line line = status == 0 ? JsonMapper.shared().readValue(output, Line.class) : null;
      if (line == null) {
        String last = Files.readString(errors).strip().lines().reduce((a, b) -> b).orElse("");
        return absent(benchmark, params, last.isEmpty() ? "exit code " + status : last);
      }
      System.out.println("# " + output.strip());
      return new Outcome(benchmark, params, "ms/op", line.milliseconds(), line.notes());
    } catch (IOException e) {
      return absent(benchmark, params, "no " + interpreter + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.delete(errors);
    }
  }

  private static Outcome absent(String benchmark, Map<String, String> params, String reason) {
    System.out.println("# not measured: " + reason);
    return new Outcome(benchmark, params, "ms/op", List.of(), Map.of(Notes.ABSENT, reason));
  }
}
