package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingEventsTest {
  private static final int BATCH = 4;
  private static final int BATCHES = 5;
  private static final Recipe RECIPE =
      new Recipe(3, BATCH, new Sgd(0.9, 1e-4), new Schedule.Cosine(0.05, 0, 3), 0);
  private static final String SUMMARY = "2a";

  @TempDir Path root;

  /** Stops a training as a crash would. */
  private static final class Crash extends RuntimeException {}

  @ParameterizedTest
  @CsvSource({"2, 0, 2", "7, 0, 2", "7, 60, 2", "10, 60, 2", "4, 60, 1"})
  void aTrainingThatWentOnTellsOfEachStepOnce(int crashAfter, double seconds, int files)
      throws IOException {
    run("whole", Integer.MAX_VALUE, seconds);
    assertThatThrownBy(() -> run("crashed", crashAfter, seconds)).isInstanceOf(Crash.class);
    run("crashed", Integer.MAX_VALUE, seconds);
    assertThat(TrainingEvents.in(root.resolve("crashed"))).hasSize(files);
    assertThat(TrainingEvents.in(root.resolve("whole"))).hasSize(1);
    List<String> whole = numbers("whole");
    assertThat(whole).hasSize(3 * BATCHES + 3).doesNotHaveDuplicates();
    assertThat(numbers("crashed")).isEqualTo(whole);
  }

  @Test
  void theFilesAreResultsOfTheFolder() throws IOException {
    run("whole", Integer.MAX_VALUE, 60);
    try (TrainingFolder folder = new TrainingFolder(root.resolve("whole"))) {
      assertThat(folder.results()).containsAll(TrainingEvents.in(folder.path()));
    }
    Files.writeString(root.resolve("whole").resolve("events.out.tfevents.1.host"), "another's");
    assertThat(TrainingEvents.in(root.resolve("whole"))).hasSize(1);
  }

  /** The numbers of all files of a folder but for speeds. */
  private List<String> numbers(String name) throws IOException {
    List<String> numbers = new ArrayList<>();
    for (Path file : TrainingEvents.in(root.resolve(name))) {
      EventRecords.of(file).stream()
          .filter(record -> record.startsWith(SUMMARY, 4))
          .map(record -> record.replaceFirst("696d616765735f7065725f7365636f6e6415.{8}", "speed"))
          .forEach(numbers::add);
    }
    return numbers;
  }

  private void run(String name, int crashAfter, double seconds) throws IOException {
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
    try (TrainingFolder folder = new TrainingFolder(root.resolve(name));
        Trainer trainer =
            new Trainer(
                Backends.reference(),
                CompileOptions.DEFAULT,
                TinyNetwork.trainingGraph(BATCH, RECIPE.optimizer()),
                TinyNetwork.weights(1))) {
      trainer.seed(1);
      SyntheticSource source = new SyntheticSource(1, BATCHES * BATCH, BATCH);
      Training training = new Training(trainer, RECIPE, source, Map.of()).savedTo(folder, seconds);
      if (folder.isResumable()) {
        training.restore(folder.resume(training.settings()));
      }
      try (TrainingEvents events = new TrainingEvents(folder, training)) {
        training.run(events.and(crash));
      }
    }
  }
}
