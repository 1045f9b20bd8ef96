package dev.residual.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.Backends;
import dev.residual.io.Classifier;
import dev.residual.io.Prediction;
import dev.residual.io.training.Checkpoint;
import dev.residual.train.TrainingState;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings in a cluster of two executors on this machine. */
class ResidualTrainerTest {
  private static final int EPOCHS = 4;
  @TempDir static Path folder;
  private static LocalCluster cluster;
  private static Path undisturbed;
  private static ResidualModel model;

  @BeforeAll
  static void train() throws IOException {
    assumeTrue(hasLauncher(), "no mpiexec.hydra on this machine");
    cluster = new LocalCluster();
    undisturbed = folder.resolve("undisturbed");
    model = trainer(undisturbed).fit(images(80, 1));
  }

  static boolean hasLauncher() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(place -> Files.isExecutable(Path.of(place, "mpiexec.hydra")));
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static Dataset<Row> images(int number, long seed) throws IOException {
    return Shapes.files(cluster.spark(), number, seed);
  }

  private static ResidualTrainer trainer(Path output) {
    return new ResidualTrainer()
        .setNetwork("resnet20-cifar")
        .setOutput(output.toString())
        .setArguments(
            "--epochs", String.valueOf(EPOCHS), "--batch", "8", "--preset", "paper-cifar");
  }

  private static Path weights(Path output) {
    return output.resolve("model.safetensors");
  }

  private static TrainingState state(Path output) throws IOException {
    return Checkpoint.read(output.resolve("checkpoint.safetensors"));
  }

  @Test
  void twoExecutorsTrainToTheEnd() throws IOException {
    assertThat(state(undisturbed).isComplete()).isTrue();
    assertThat(state(undisturbed).metrics()).hasSize(EPOCHS);
    assertThat(model.weights()).isEqualTo(Files.readAllBytes(weights(undisturbed)));
  }

  @Test
  void theModelPredictsWhatTheClassifierDoes() throws IOException {
    List<Row> rows = model.transform(images(20, 2)).collectAsList();
    assertThat(rows).hasSize(20);
    try (var classifier = Classifier.open(Backends.cpu(), "resnet20-cifar", weights(undisturbed))) {
      for (Row row : rows) {
        Prediction best = classifier.classify(row.<byte[]>getAs("content")).getFirst();
        assertThat(row.<String>getAs("prediction")).isEqualTo(best.label());
        assertThat(row.<Double>getAs("probability")).isCloseTo(best.probability(), within(1e-6));
      }
    }
  }

  /** Spark replaces it, and begins the stage again. */
  @Test
  void aTrainingSurvivesTheLossOfAnExecutor() throws Exception {
    Path output = folder.resolve("killed");
    Dataset<Row> images = images(80, 1);
    CompletableFuture<ResidualModel> fit =
        CompletableFuture.supplyAsync(() -> trainer(output).fit(images));
    while (!Files.exists(output.resolve("checkpoint.safetensors"))) {
      Thread.sleep(20);
      assertThat(fit.isDone()).isFalse();
    }
    LocalCluster.executors().getFirst().destroyForcibly();
    assertThat(state(output).isComplete()).isFalse();
    assertThat(fit.get().weights()).isEqualTo(model.weights());
  }

  /** A proxy that cannot reach the launcher leaves both waiting for each other. */
  @Test
  void aProxyThatFailsEndsTheTraining() throws IOException {
    Path launcher = folder.resolve("mpirun");
    String proxy = "HYDRA_LAUNCH: sh -c echo${IFS}unreachable;exit${IFS}5";
    Files.write(
        launcher,
        List.of(
            "#!/bin/sh",
            "echo '" + proxy + "'; echo '" + proxy + "'; echo HYDRA_LAUNCH_END",
            "exec sleep 60"));
    assertThat(launcher.toFile().setExecutable(true)).isTrue();
    ResidualTrainer trainer = trainer(folder.resolve("alone")).setMpirun(launcher.toString());
    Dataset<Row> images = images(20, 1);
    assertThatThrownBy(() -> trainer.fit(images))
        .hasMessageContaining("the proxy of a process ended with code 5; it said: unreachable");
  }

  @Test
  void whatTheCommandLineRefusesIsRefused() throws IOException {
    ResidualTrainer trainer = trainer(folder.resolve("none")).setArguments("--epochs", "many");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> trainer.fit(images(20, 1)))
        .withMessageContaining("--epochs")
        .withMessageContaining("many");
  }

  @Test
  void columnsAreAskedForByName() throws IOException {
    Dataset<Row> images = images(20, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> trainer(folder).setImageCol("picture").fit(images))
        .withMessage("there is no column of images 'picture': there are content, label");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> trainer(folder).setValidationIndicatorCol("label").fit(images))
        .withMessageContaining("expected boolean");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResidualTrainer().fit(images))
        .withMessageContaining("setOutput");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResidualTrainer().setOutput("here"))
        .withMessageContaining("absolute");
  }
}
