package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.residual.io.training.Checkpoint;
import dev.residual.nn.Weights;
import dev.residual.train.TrainingState;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trainings that mpirun starts, of each implementation that this machine has. */
class DistributedTrainingTest {
  @TempDir Path folder;
  private Path data;

  @BeforeEach
  void draw() throws IOException {
    data = Pictures.write(folder.resolve("data"), 3, 16, 16, 1);
  }

  /** The launcher of an implementation; tests are skipped where there is none. */
  static List<String> launcher(String kind, int processes) {
    String name = "mpirun." + kind;
    boolean isThere =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(place -> Files.isExecutable(Path.of(place, name)));
    if (!isThere) {
      abort("no %s on this machine".formatted(name));
    }
    List<String> command = new ArrayList<>(List.of(name, "-n", String.valueOf(processes)));
    if (kind.equals("openmpi")) {
      command.addAll(List.of("--allow-run-as-root", "--oversubscribe"));
    }
    return command;
  }

  private Subprocess train(List<String> launcher, Path out, String... more)
      throws IOException, InterruptedException {
    Process process = start(launcher, out, 2, more);
    String output = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
    return new Subprocess(process.waitFor(), output);
  }

  private Process start(List<String> launcher, Path out, int epochs, String... more)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("train", "--model", "resnet20-cifar", "--data", data.toString()));
    arguments.addAll(List.of("--batch", "8", "--epochs", String.valueOf(epochs)));
    arguments.addAll(List.of("--out", out.toString()));
    arguments.addAll(List.of("--sync-batch-norm", "--threads", "1", "--preset", "paper-cifar"));
    arguments.addAll(List.of(more));
    List<String> command = new ArrayList<>(launcher);
    command.addAll(
        Subprocess.builder(List.of("-Dresidual.tuning=off"), arguments.toArray(String[]::new))
            .command());
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mpich", "openmpi"})
  void twoProcessesTrainAsOneDoes(String kind) throws Exception {
    List<String> launcher = launcher(kind, 2);
    Path alone = folder.resolve("alone");
    Path together = folder.resolve("together");
    Subprocess one = train(List.of(), alone);
    assertThat(one.code()).as(one.output()).isZero();
    Subprocess two = train(launcher, together, "--distributed", "mpi", "--wait", "60");
    assertThat(two.code()).as(two.output()).isZero();
    assertThat(two.output()).contains("2 processes of 1 thread").containsOnlyOnce("epoch 2 of 2:");
    TrainingState expected = Checkpoint.read(alone.resolve("checkpoint.safetensors"));
    TrainingState found = Checkpoint.read(together.resolve("checkpoint.safetensors"));
    assertThat(found.settings()).isEqualTo(expected.settings());
    assertThat(found.metrics().getLast().trainLoss())
        .isCloseTo(expected.metrics().getLast().trainLoss(), within(1e-3));
    requireClose(expected.weights(), found.weights());
    assertThat(together.resolve("report.html")).exists();
  }

  private static void requireClose(Weights expected, Weights found) {
    expected
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(found.get(name).toDoubles())
                    .as(name)
                    .containsExactly(tensor.toDoubles(), within(1e-2)));
  }

  /** The first process finds results in its folder; the other one ends with its words. */
  @ParameterizedTest
  @ValueSource(strings = {"mpich", "openmpi"})
  void whereOneProcessFailsTheOthersSayWhy(String kind) throws Exception {
    List<String> launcher = launcher(kind, 2);
    Path out = folder.resolve("out");
    Files.createDirectories(out);
    Files.writeString(out.resolve("model.safetensors"), "somebody's");
    Subprocess two = train(launcher, out, "--distributed", "mpi", "--wait", "60");
    assertThat(two.code()).isNotZero();
    assertThat(two.output())
        .containsPattern("residual: process 0 \\(pid \\d+ on .*\\) failed: .* would be replaced");
  }

  /**
   * Hydra kills those of the same host when a signal ends one. It knows nothing of a process behind
   * a shell, as little as of those of other hosts.
   */
  @Test
  void whereOneProcessIsKilledTheOtherNamesIt() throws Exception {
    List<String> launcher = launcher("mpich", 2);
    launcher.addAll(List.of("-disable-auto-cleanup", "sh", "-c", "\"$@\"; exit $?", "sh"));
    Path out = folder.resolve("out");
    Process mpirun = start(launcher, out, 100_000, "--distributed", "mpi", "--wait", "3");
    StringBuilder output = new StringBuilder();
    long killed = 0;
    try (BufferedReader reader = mpirun.inputReader()) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        output.append(line).append('\n');
        if (killed == 0 && line.contains("epoch 1 of")) {
          killed = killOne(mpirun);
        }
      }
    }
    assertThat(mpirun.waitFor()).as("%s", output).isNotZero();
    assertThat(output.toString())
        .containsPattern("process \\d \\(pid %d on .*\\) does not answer".formatted(killed));
  }

  private static long killOne(Process mpirun) {
    ProcessHandle process =
        mpirun
            .descendants()
            .filter(child -> child.info().command().orElse("").endsWith("java"))
            .findAny()
            .orElseThrow();
    process.destroyForcibly();
    return process.pid();
  }
}
