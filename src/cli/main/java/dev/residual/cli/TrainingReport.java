package dev.residual.cli;

import dev.residual.cli.output.Text;
import dev.residual.train.Metrics;
import dev.residual.train.Recipe;
import dev.residual.train.Training;
import dev.residual.train.TrainingListener;
import org.jspecify.annotations.Nullable;

/** What the console shows of a training. */
final class TrainingReport implements TrainingListener, AutoCloseable {
  private final Console console;
  private final int epochs;
  private final int batch;
  private final EpochTimes times;
  private @Nullable Progress steps;
  private @Nullable Progress evaluation;

  /**
   * A report that begins now.
   *
   * @param tested the number of images of an evaluation
   */
  TrainingReport(Console console, Recipe recipe, int tested) {
    this.console = console;
    this.epochs = recipe.epochs();
    this.batch = recipe.batch();
    times = new EpochTimes(epochs, tested, System::nanoTime);
  }

  @Override
  public void step(Training training) {
    Progress progress = steps;
    if (progress == null) {
      String task = "epoch %d of %d".formatted(training.epoch() + 1, epochs);
      progress = Progress.of(console, task, training.batches());
      steps = progress;
    }
    double speed = training.imagesPerSecond();
    double left =
        times.afterStep(
            training.epoch(),
            (long) training.batch() * batch,
            (long) training.batches() * batch,
            speed);
    progress.report(
        training.batch(),
        Text.format(
            "loss %.3f, %s, %s left", training.meanLoss(), Text.speed(speed), Text.duration(left)));
  }

  @Override
  public void evaluation(int done, int batches) {
    steps = end(steps);
    Progress progress = evaluation;
    if (progress == null) {
      progress = Progress.of(console, "evaluate", batches);
      evaluation = progress;
    }
    double left = times.afterBatch(done, batches);
    progress.report(done, Double.isNaN(left) ? "" : Text.duration(left) + " left");
  }

  @Override
  public void epoch(Metrics metrics) {
    close();
    console.note(
        Text.format(
            "epoch %d of %d: loss %.3f, top-1 %s, held out %s, %s",
            metrics.epoch(),
            epochs,
            metrics.trainLoss(),
            Text.percent(metrics.trainTop1()),
            Text.percent(metrics.testTop1()),
            Text.speed(metrics.imagesPerSecond())));
  }

  @Override
  public void close() {
    steps = end(steps);
    evaluation = end(evaluation);
  }

  private static @Nullable Progress end(@Nullable Progress progress) {
    if (progress != null) {
      progress.close();
    }
    return null;
  }
}
