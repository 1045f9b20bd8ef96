package dev.residual.bench.report;

import dev.residual.bench.Notes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * PyTorch of the user's Python, which is an optional peer: it measures in a process of its own.
 *
 * @param interpreter the program
 */
record PythonPeer(String interpreter) {
  private static final Path SCRIPT = Path.of("bench/peers/pytorch.py");
  private static final Map<String, String> MODES =
      Map.of("TrainingStepBenchmark.step", "train", "InferenceBenchmark.infer", "infer");

  /** One line of what the script prints. */
  private record Line(List<Double> milliseconds, Map<String, Object> notes) {}

  /** PyTorch's ways of running a network, or none if this benchmark is not of networks. */
  List<Outcome> measure(String benchmark, Map<String, String> setting) throws IOException {
    String mode = MODES.get(benchmark);
    List<Outcome> outcomes = new ArrayList<>();
    if (mode != null) {
      for (String kind : List.of("eager", "compile")) {
        outcomes.add(measure(benchmark, mode, kind, setting));
      }
    }
    return outcomes;
  }

  private Outcome measure(String benchmark, String mode, String kind, Map<String, String> setting)
      throws IOException {
    Map<String, String> params = new TreeMap<>(setting);
    params.put("engine", "pytorch-python-" + kind);
    Path errors = Files.createTempFile("residual-bench", ".err");
    try {
      List<String> command =
          new ArrayList<>(List.of(interpreter, SCRIPT.toString(), "--mode", mode, "--kind", kind));
      setting.forEach((name, value) -> command.addAll(List.of("--" + name, value)));
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
