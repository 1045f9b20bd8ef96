package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.report.EvaluationFiles;
import dev.residual.engine.Backend;
import dev.residual.io.data.DataSet;
import dev.residual.io.training.ImageTraining;
import dev.residual.io.training.TrainingFolder;
import dev.residual.io.training.TrainingRun;
import dev.residual.nn.ImageNetwork;
import dev.residual.train.DivergenceException;
import dev.residual.train.Recipe;
import dev.residual.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A training that the console shows, and that the end of the process stops.
 *
 * @param title a line for the beginning
 * @param resume whether to go on from the folder's checkpoint, if it has one
 * @param onward how a training that is stopped goes on, in words; null if it cannot
 */
record ReportedTraining(
    ImageNetwork network,
    Recipe recipe,
    ImageTraining settings,
    DataSet train,
    DataSet test,
    String title,
    boolean resume,
    @Nullable String onward) {

  /**
   * Trains, and fills the folder.
   *
   * @throws CancellationException if the process is to end; the console says what was saved
   */
  Trained run(Backend backend, TrainingFolder folder, Console console) throws IOException {
    try (ProcessEnd end = new ProcessEnd(console)) {
      try (TrainingRun run =
              TrainingRun.open(backend, settings, train, test, folder, console::note);
          TrainingReport report = new TrainingReport(console, recipe, test.size())) {
        console.note(title);
        if (resume) {
          console.note(run.resume());
        }
        end.stops(run.training());
        TrainingPage page =
            new TrainingPage(folder, title, run.training(), console, System::nanoTime);
        Trained trained = Trained.of(run.training(), run.run(report.and(page)));
        page.finish(EvaluationFiles.of(test, run.predictions()));
        return trained;
      } catch (CancellationException e) {
        console.note(e.getMessage() + (onward == null ? "" : "; " + onward));
        throw e;
      }
    } catch (DivergenceException e) {
      throw new Failure(e.getMessage() + "; " + advice(folder), e);
    }
  }

  /**
   * Does the part of a process that is not the first.
   *
   * @throws CancellationException if the processes are to end
   */
  void follow(Backend backend, Console console) throws IOException {
    try (ProcessEnd end = new ProcessEnd(console);
        TrainingRun run = TrainingRun.follow(backend, settings, train, test)) {
      end.stops(run.training());
      run.run(TrainingListener.NONE);
    }
  }

  private static String advice(TrainingFolder folder) {
    String anew = "begin anew with a lower --lr in another --out";
    return Files.exists(folder.model())
        ? anew + "; --weights takes what the last good epoch left in " + folder.model()
        : anew;
  }
}
