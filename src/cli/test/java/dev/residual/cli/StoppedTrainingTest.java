package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.residual.io.training.Checkpoint;
import dev.residual.train.TrainingState;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trainings that are asked to end save their state, tell so, and end as signals end a process. */
class StoppedTrainingTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130"})
  void aSignalSavesTheStepAndResumingEndsWithTheSameBits(String signal, int code) throws Exception {
    assumeFalse(isIgnored(code - 128), "programs started from here ignore the signal");
    Path data = pictures();
    Path calm = folder.resolve("calm");
    Path torn = folder.resolve("torn");
    Subprocess undisturbed = Subprocess.run(List.of(), train(data, calm, 1));
    assertThat(undisturbed.code()).as(undisturbed.output()).isZero();

    Path checkpoint = torn.resolve("checkpoint.safetensors");
    Subprocess stopped = stop(signal, train(data, torn, 1), () -> Files.exists(checkpoint), 50);
    assertThat(stopped.code()).as(stopped.output()).isEqualTo(code);
    TrainingState state = Checkpoint.read(checkpoint);
    assertThat(stopped.output())
        .contains(
            "stopped after epoch %d of 2, step %d of ".formatted(state.epoch() + 1, state.batch()))
        .contains("--resume goes on");

    Subprocess last = Subprocess.run(List.of(), train(data, torn, 1));
    assertThat(last.code()).as(last.output()).isZero();
    assertThat(last.output()).contains("resuming at epoch %d of 2".formatted(state.epoch() + 1));
    assertThat(Files.readAllBytes(torn.resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(calm.resolve("model.safetensors")));
  }

  @Test
  void aSignalBeforeTheFirstStepEndsTheProcess() throws Exception {
    Path out = folder.resolve("out");
    Subprocess stopped = stop("TERM", train(pictures(), out, 1), () -> Files.exists(out), 0);
    assertThat(stopped.code()).as(stopped.output()).isEqualTo(143);
  }

  @Test
  @Tag("slow")
  void signalsAtAnyMomentEndTheProcessWithoutAnError() throws Exception {
    long seed = System.nanoTime();
    RandomGenerator random = new SplittableRandom(seed);
    Path data = pictures();
    Path out = folder.resolve("out");
    for (int i = 0; i < 40; i++) {
      String[] arguments = train(data, out, 1 + random.nextInt(2));
      Subprocess stopped = stop("TERM", arguments, () -> Files.exists(out), random.nextInt(2500));
      assertThat(stopped.code()).as("seed %d: %s", seed, stopped.output()).isIn(0, 143);
      assertThat(stopped.output()).as("seed %d", seed).doesNotContain("rror", "xception");
    }
  }

  /** Shells let programs in the background ignore SIGINT, and those hand it on. */
  private static boolean isIgnored(int signal) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("SigIgn:"))
        .mapToLong(line -> Long.parseUnsignedLong(line.replaceAll(".*\\s", ""), 16))
        .anyMatch(mask -> (mask >> (signal - 1) & 1) != 0);
  }

  private Path pictures() throws IOException {
    return Pictures.write(folder.resolve("data"), 3, 50, 16, 1);
  }

  private static String[] train(Path data, Path out, int threads) {
    return new String[] {
      "train",
      "--model",
      "resnet20-cifar",
      "--data",
      data.toString(),
      "--image-size",
      "64",
      "--batch",
      "2",
      "--epochs",
      "2",
      "--out",
      out.toString(),
      "--checkpoint-every",
      "0.2",
      "--threads",
      String.valueOf(threads),
      "--resume"
    };
  }

  /** Starts a training, waits for a condition and so many milliseconds, and sends a signal. */
  private Subprocess stop(
      String signal, String[] arguments, BooleanSupplier condition, int milliseconds)
      throws IOException, InterruptedException {
    File log = folder.resolve("log").toFile();
    Process process = Subprocess.builder(List.of(), arguments).redirectOutput(log).start();
    while (process.isAlive() && !condition.getAsBoolean()) {
      Thread.sleep(5);
    }
    Thread.sleep(milliseconds);
    new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Subprocess(process.exitValue(), Files.readString(log.toPath()));
  }
}
