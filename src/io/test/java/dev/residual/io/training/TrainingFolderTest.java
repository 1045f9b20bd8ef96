package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.io.weights.Safetensors;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.train.Evaluator;
import dev.residual.train.Metrics;
import dev.residual.train.Recipe;
import dev.residual.train.Schedule;
import dev.residual.train.Sgd;
import dev.residual.train.SyntheticSource;
import dev.residual.train.TinyNetwork;
import dev.residual.train.Trainer;
import dev.residual.train.Training;
import dev.residual.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingFolderTest {
  private static final int BATCH = 4;
  private static final Recipe RECIPE =
      new Recipe(3, BATCH, new Sgd(0.9, 1e-4), new Schedule.Cosine(0.05, 0, 3), 0);

  @TempDir Path root;

  /** Stops a training as a crash would. */
  private static final class Crash extends RuntimeException {}

  private final List<TrainingFolder> opened = new ArrayList<>();

  @BeforeEach
  void undisturbed() throws IOException {
    try (TrainingFolder whole = new TrainingFolder(root.resolve("whole"))) {
      run(whole, Integer.MAX_VALUE, false);
    }
  }

  private TrainingFolder open(String name) throws IOException {
    TrainingFolder folder = new TrainingFolder(root.resolve(name));
    opened.add(folder);
    return folder;
  }

  @AfterEach
  void close() {
    opened.forEach(TrainingFolder::close);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5, 6, 10, 15})
  void aTrainingResumedFromItsFolderEndsAsAnUndisturbedOne(int crashAfter) throws IOException {
    TrainingFolder folder = open("crashed");
    assertThat(folder.isResumable()).isFalse();
    assertThatThrownBy(() -> run(folder, crashAfter, false)).isInstanceOf(Crash.class);
    assertThat(folder.isResumable()).isTrue();
    folder.close();
    run(open("crashed"), Integer.MAX_VALUE, true);

    TrainingFolder whole = open("whole");
    assertThat(folder.model()).hasSameBinaryContentAs(whole.model());
    assertThat(MetricsFile.read(folder.metrics()).stream().map(TrainingFolderTest::results))
        .containsExactlyElementsOf(
            MetricsFile.read(whole.metrics()).stream().map(TrainingFolderTest::results).toList());
  }

  @Test
  void theModelHoldsTheWeightsAlone() throws IOException {
    Path model = open("whole").model();
    Weights weights = Safetensors.read(model).weights();
    weights.check(TinyNetwork.inference(1).graph());
    assertThat(Safetensors.readMetadata(model)).containsEntry("model", "tiny");
  }

  @Test
  void resumingDropsTheMetricsOfLaterEpochs() throws IOException {
    TrainingFolder whole = open("whole");
    TrainingFolder folder = open("crashed");
    assertThatThrownBy(() -> run(folder, 8, false)).isInstanceOf(Crash.class);
    Files.copy(whole.metrics(), folder.metrics(), StandardCopyOption.REPLACE_EXISTING);
    assertThat(MetricsFile.read(folder.metrics())).hasSize(3);
    folder.resume(settings());
    assertThat(MetricsFile.read(folder.metrics())).hasSize(1);
  }

  @Test
  void leftoversOfInterruptedWritesAreDeleted() throws IOException {
    Path folder = root.resolve("whole");
    Path part = folder.resolve(".checkpoint.safetensors.1234.part");
    Path best = folder.resolve(".epoch-007.safetensors.1234.part");
    Path foreign = folder.resolve(".notes.1234.part");
    Files.writeString(part, "half a check");
    Files.writeString(best, "half of some weights");
    Files.writeString(foreign, "not ours");
    open("whole");
    assertThat(part).doesNotExist();
    assertThat(best).doesNotExist();
    assertThat(foreign).exists();
  }

  @Test
  void oneTrainingAtATimeHasAFolder() throws IOException {
    Path folder = root.resolve("whole");
    Path link = Files.createSymbolicLink(root.resolve("link"), folder);
    TrainingFolder first = open("whole");
    Path part = Files.writeString(folder.resolve(".checkpoint.safetensors.1234.part"), "growing");
    for (Path name : List.of(folder, link)) {
      assertThatThrownBy(() -> new TrainingFolder(name))
          .isInstanceOf(IOException.class)
          .hasMessageContainingAll(name.toString(), "another training");
    }
    assertThat(part).as("a part of the training that has the folder").exists();
    first.close();
    first.close();
    open("whole");
    assertThat(part).doesNotExist();
  }

  @Test
  void aFolderTellsWhatATrainingWouldReplace() throws IOException {
    assertThat(open("new").results()).isEmpty();
    TrainingFolder whole = open("whole");
    assertThat(whole.results()).containsExactly(whole.checkpoint(), whole.model(), whole.metrics());
    Path best = Files.writeString(whole.ofEpoch(2), "weights");
    assertThat(whole.results()).contains(best);
    assertThat(whole.settings()).containsEntry("model", "tiny");
  }

  @Test
  void aFileInPlaceOfTheFolderIsRefused() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "");
    assertThatThrownBy(() -> new TrainingFolder(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString());
  }

  private void run(TrainingFolder folder, int crashAfter, boolean resume) throws IOException {
    SyntheticSource source = new SyntheticSource(1, 5 * BATCH, BATCH);
    SyntheticSource test = new SyntheticSource(2, 10, BATCH);
    int[] steps = {0};
    TrainingListener crash =
        new TrainingListener() {
          @Override
          public void step(Training training) {
            if (++steps[0] == crashAfter) {
              throw new Crash();
            }
          }
        };
    CompileOptions options = CompileOptions.DEFAULT;
    try (Trainer trainer =
            new Trainer(
                Backends.reference(),
                options,
                TinyNetwork.trainingGraph(BATCH, RECIPE.optimizer()),
                TinyNetwork.weights(1));
        Evaluator evaluator =
            Evaluator.unwritten(
                Backends.reference(), TinyNetwork.inference(BATCH), options, DType.F32)) {
      trainer.seed(1);
      Training training =
          new Training(trainer, RECIPE, source, Map.of("model", "tiny"))
              .evaluatedBy(evaluator, test)
              .savedTo(folder, 0);
      if (resume) {
        training.restore(folder.resume(training.settings()));
      }
      training.run(crash);
    }
  }

  private static Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>(RECIPE.settings());
    settings.put("model", "tiny");
    return settings;
  }

  private static Metrics results(Metrics m) {
    return new Metrics(
        m.epoch(),
        m.learningRate(),
        m.trainLoss(),
        m.trainTop1(),
        m.testTop1(),
        m.testTop5(),
        0,
        0);
  }
}
