package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.training.MetricsFile;
import dev.residual.train.Metrics;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Trainings that are killed and resumed end as those that are left alone, bit for bit.
 *
 * <p>The system property {@code residual.kills} says how often, {@code residual.kills.seed} when.
 */
class KilledTrainingTest {
  private static final int KILLS = Integer.getInteger("residual.kills", 2);
  private static final long SEED = Long.getLong("residual.kills.seed", System.nanoTime());

  @TempDir Path folder;

  @Test
  void killsChangeNothing() throws Exception {
    killsChangeNothing(KILLS, 2 * KILLS, 1);
  }

  @Test
  @Tag("slow")
  void tenKillsChangeNothing() throws Exception {
    killsChangeNothing(10, 40, 2);
  }

  private void killsChangeNothing(int kills, int epochs, int threads) throws Exception {
    RandomGenerator random = new SplittableRandom(SEED);
    Path data = Pictures.write(folder.resolve("data"), 3, 20, 16, 1);
    Path calm = folder.resolve("calm");
    Path torn = folder.resolve("torn");
    Subprocess undisturbed = Subprocess.run(List.of(), train(data, calm, epochs, threads));
    assertThat(undisturbed.code()).as(undisturbed.output()).isZero();

    for (int i = 0; i < kills; i++) {
      kill(data, torn, epochs, threads, random);
    }
    Subprocess last = Subprocess.run(List.of(), train(data, torn, epochs, threads));
    assertThat(last.code()).as("seed %d: %s", SEED, last.output()).isZero();
    assertThat(last.output()).as("seed %d", SEED).contains("resuming at epoch");
    assertThat(Files.readAllBytes(torn.resolve("model.safetensors")))
        .as("seed %d", SEED)
        .isEqualTo(Files.readAllBytes(calm.resolve("model.safetensors")));
    assertThat(metrics(torn)).as("seed %d", SEED).isEqualTo(metrics(calm));
    assertThat(torn.resolve("predictions.csv"))
        .hasSameBinaryContentAs(calm.resolve("predictions.csv"));
    assertThat(files(torn))
        .containsExactlyInAnyOrder(
            ".lock",
            "checkpoint.safetensors",
            "model.safetensors",
            "metrics.csv",
            "curve.png",
            "report.html",
            "classes.csv",
            "predictions.csv",
            "confusion.csv",
            "confusion.png",
            "worst.png");
  }

  /** The names of all files but the events, of which each run has a file. */
  private static List<String> files(Path folder) {
    return Stream.of(Objects.requireNonNull(folder.toFile().list()))
        .filter(name -> !name.startsWith("events."))
        .toList();
  }

  private static String[] train(Path data, Path out, int epochs, int threads) {
    return new String[] {
      "train",
      "--model",
      "resnet20-cifar",
      "--data",
      data.toString(),
      "--image-size",
      "16",
      "--batch",
      "6",
      "--epochs",
      String.valueOf(epochs),
      "--augment",
      "standard,flip=alternating,trivial,erase=0.5:noise,cutout=4,mixup=0.2,cutmix=1,copies=2",
      "--grow-from",
      "8",
      "--accumulate",
      "2",
      "--ema",
      "0.9",
      "--stochastic-depth",
      "0.2",
      "--out",
      out.toString(),
      "--checkpoint-every",
      "0",
      "--threads",
      String.valueOf(threads),
      "--resume"
    };
  }

  /** Starts a training, waits for a checkpoint of its own and a random moment, and kills it. */
  private static void kill(Path data, Path out, int epochs, int threads, RandomGenerator random)
      throws IOException, InterruptedException {
    File checkpoint = out.resolve("checkpoint.safetensors").toFile();
    long before = checkpoint.lastModified();
    File log = new File(out + ".log");
    Process process =
        Subprocess.builder(List.of(), train(data, out, epochs, threads))
            .redirectOutput(log)
            .start();
    while (checkpoint.lastModified() == before && process.isAlive()) {
      Thread.sleep(2);
    }
    Thread.sleep(random.nextInt(60));
    process.destroyForcibly();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue())
        .as("the training has ended before it was killed: %s", Files.readString(log.toPath()))
        .isNotZero();
  }

  private static List<Metrics> metrics(Path out) throws IOException {
    return MetricsFile.read(out.resolve("metrics.csv")).stream()
        .map(
            m ->
                new Metrics(
                    m.epoch(),
                    m.learningRate(),
                    m.trainLoss(),
                    m.trainTop1(),
                    m.testTop1(),
                    m.testTop5(),
                    0,
                    0))
        .toList();
  }
}
