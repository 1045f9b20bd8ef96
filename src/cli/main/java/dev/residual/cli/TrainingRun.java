package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.inference.Network;
import dev.residual.io.training.TrainingFolder;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.train.BatchSource;
import dev.residual.train.DivergenceException;
import dev.residual.train.Evaluator;
import dev.residual.train.Metrics;
import dev.residual.train.Recipe;
import dev.residual.train.Trainer;
import dev.residual.train.Training;
import dev.residual.train.TrainingGraph;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A training from beginning to end: steps, reports, files.
 *
 * @param network for the classes and the size of the images
 * @param source of images for training
 * @param test of images for measuring
 * @param first what to begin with
 * @param settings what must be the same to resume, beside the recipe
 */
record TrainingRun(
    ResNet network,
    Recipe recipe,
    BatchSource source,
    BatchSource test,
    FirstWeights first,
    Map<String, String> settings) {

  /**
   * Trains, and fills a folder.
   *
   * @param resume whether to go on from the folder's checkpoint, if it has one
   * @param seconds the least time between two checkpoints within an epoch; infinite for none
   * @return the metrics of all epochs
   * @throws CancellationException if the process is to end; the console says what was saved
   */
  List<Metrics> run(
      Backend backend,
      ExecutionOptions engine,
      TrainingFolder folder,
      boolean resume,
      double seconds,
      Console console)
      throws IOException {
    CompileOptions options = engine.options();
    TrainingGraph graph =
        TrainingGraph.of(first.model(network, recipe.batch()), recipe.sgd(), recipe.smoothing())
            .withPrecision(engine.dtype());
    Model tested = network.inference(test.shape().dim(0));
    try (ProcessEnd end = new ProcessEnd(console)) {
      try (Trainer trainer = new Trainer(backend, options, graph);
          Evaluator evaluator =
              new Evaluator(Network.unwritten(backend, tested, options, engine.dtype()));
          TrainingReport report = new TrainingReport(console, recipe)) {
        trainer.write(first.weights());
        Training training =
            new Training(trainer, recipe, source, settings)
                .evaluatedBy(evaluator, test)
                .savedTo(folder, seconds);
        if (resume) {
          restore(training, folder, console);
        }
        end.stops(training);
        List<Metrics> metrics = training.run(report);
        Curve.write(folder.curve(), network.name(), metrics, console);
        return metrics;
      } catch (CancellationException e) {
        console.note(e.getMessage() + (Double.isInfinite(seconds) ? "" : "; --resume goes on"));
        throw e;
      }
    } catch (DivergenceException e) {
      throw new Failure(e.getMessage() + "; " + advice(folder), e);
    }
  }

  private static void restore(Training training, TrainingFolder folder, Console console)
      throws IOException {
    @Nullable TrainingState state =
        folder.isResumable() ? folder.resume(training.settings()) : null;
    if (state == null) {
      requireOwn(training, folder);
      console.note("there is no checkpoint to resume from: training begins anew");
    } else {
      training.restore(state);
      console.note(
          state.epoch() == training.epochs()
              ? "the training in " + folder.checkpoint() + " is complete"
              : "resuming at epoch %d of %d, step %d of %d"
                  .formatted(
                      state.epoch() + 1, training.epochs(), state.batch() + 1, training.batches()));
    }
  }

  /** A training that was killed before its first checkpoint may have written weights. */
  private static void requireOwn(Training training, TrainingFolder folder) throws IOException {
    Map<String, String> found = folder.settings();
    if (Files.exists(folder.model()) && !found.equals(training.settings())) {
      throw new Failure(
          folder.model()
              + " is not of this training, and there is no checkpoint to resume from: choose"
              + " another --out, or delete it");
    }
  }

  private static String advice(TrainingFolder folder) {
    return folder.isResumable()
        ? "the last good checkpoint is " + folder.checkpoint() + "; a lower --lr may help"
        : "a lower --lr may help";
  }
}
