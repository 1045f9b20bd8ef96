package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.io.training.TrainingFolder;
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
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingPageTest {
  private static final int BATCH = 4;
  private static final Recipe RECIPE =
      new Recipe(5, BATCH, new Sgd(0.9, 1e-4), new Schedule.Constant(0.01), 0);

  @TempDir Path root;
  private final StringWriter notes = new StringWriter();
  private long now;

  /** Epochs of four seconds each: the third and none after it is ten seconds from the last page. */
  @Test
  void thePageIsWrittenEveryTenSecondsWhileTheTrainingGoesOn() throws IOException {
    List<String> pages = new ArrayList<>();
    Path page = root.resolve("report.html");
    train(
        new TrainingListener() {
          @Override
          public void epoch(Metrics metrics) {
            try {
              pages.add(Files.exists(page) ? Files.readString(page) : "");
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        });
    assertThat(pages).hasSize(5);
    assertThat(pages.subList(0, 2)).containsOnly("");
    assertThat(pages.get(2))
        .contains("http-equiv=\"refresh\"", "After epoch 3 of 5", "a title", "data:image/png")
        .doesNotContain("<script");
    assertThat(pages.subList(3, 5)).containsOnly(pages.get(2));
    assertThat(notes.toString()).isEmpty();
  }

  @Test
  void aPageThatCannotBeWrittenStopsNoTraining() throws IOException {
    Files.createDirectory(root.resolve("report.html"));
    train(TrainingListener.NONE);
    assertThat(notes.toString()).contains("report.html: is a folder, not a file");
  }

  private void train(TrainingListener after) throws IOException {
    PrintWriter screen = new PrintWriter(notes);
    try (TrainingFolder folder = new TrainingFolder(root);
        Trainer trainer =
            new Trainer(
                Backends.reference(),
                CompileOptions.DEFAULT,
                TinyNetwork.trainingGraph(BATCH, RECIPE.optimizer()),
                TinyNetwork.weights(1))) {
      Training training =
          new Training(trainer, RECIPE, new SyntheticSource(1, 2 * BATCH, BATCH), Map.of())
              .savedTo(folder, 60);
      Console console = new Console(screen, screen, false);
      TrainingPage page = new TrainingPage(folder, "a title", training, console, () -> now);
      TrainingListener clock =
          new TrainingListener() {
            @Override
            public void epoch(Metrics metrics) {
              now += 4_000_000_000L;
            }
          };
      training.run(clock.and(page).and(after));
    }
  }
}
