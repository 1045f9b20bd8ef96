package dev.residual.io.training;

import dev.residual.engine.Backend;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.Loader;
import dev.residual.nn.ImageNetwork;
import dev.residual.train.DivergenceException;
import dev.residual.train.Evaluator;
import dev.residual.train.Metrics;
import dev.residual.train.Recipe;
import dev.residual.train.Trainer;
import dev.residual.train.Training;
import dev.residual.train.TrainingGraph;
import dev.residual.train.TrainingListener;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A training that is ready: the network compiled with its first weights, the images at hand, the
 * folder open.
 *
 * <p>Owns what it has compiled, and neither the data sets nor the folder. Serves one thread; any
 * other may {@linkplain Training#stop stop} it.
 */
public final class TrainingRun implements AutoCloseable {
  private final Trainer trainer;
  private final Evaluator evaluator;
  private final Training training;
  private final TrainingFolder folder;

  private TrainingRun(
      Trainer trainer, Evaluator evaluator, Training training, TrainingFolder folder) {
    this.trainer = trainer;
    this.evaluator = evaluator;
    this.training = training;
    this.folder = folder;
  }

  /**
   * Makes a training ready.
   *
   * @param train the images to train on
   * @param test the images to measure with after each epoch, of the same classes
   * @param notes told what a user may not expect, in one line each
   * @throws IOException naming the file, if weights or images cannot be read, or do not fit
   * @throws IllegalArgumentException if there is one class, the classes differ, or there are fewer
   *     images than a batch
   */
  public static TrainingRun open(
      Backend backend,
      ImageTraining settings,
      DataSet train,
      DataSet test,
      TrainingFolder folder,
      Consumer<String> notes)
      throws IOException {
    requireClasses(train, test);
    ImageNetwork network = settings.network(train);
    Recipe recipe = settings.chosenRecipe(train.size());
    FirstWeights first = firstWeights(settings, train, backend, notes);
    Loader source = settings.loader(train, recipe.batch(), true);
    Loader measured = settings.loader(test, recipe.batch(), false);
    TrainingGraph graph =
        TrainingGraph.of(
                first.model(network, recipe.batch()), recipe.optimizer(), recipe.smoothing())
            .withPrecision(settings.precision());
    Trainer trainer = new Trainer(backend, settings.compilation(), graph, first.weights());
    try {
      Evaluator evaluator =
          Evaluator.unwritten(
              backend,
              network.inference(measured.shape().dim(0)),
              settings.compilation(),
              settings.precision());
      try {
        Training training =
            new Training(trainer, recipe, source, settings.settings(train, backend))
                .evaluatedBy(evaluator, measured)
                .savedTo(folder, settings.seconds());
        return new TrainingRun(trainer, evaluator, training, folder);
      } catch (RuntimeException e) {
        evaluator.close();
        throw e;
      }
    } catch (RuntimeException e) {
      trainer.close();
      throw e;
    }
  }

  private static FirstWeights firstWeights(
      ImageTraining settings, DataSet train, Backend backend, Consumer<String> notes)
      throws IOException {
    try {
      return settings.firstWeights(train, backend, notes);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void requireClasses(DataSet train, DataSet test) {
    if (train.classes().size() < 2) {
      throw new IllegalArgumentException(
          "the data have the one class %s: there is nothing to tell apart"
              .formatted(train.classes().getFirst()));
    }
    if (!train.classes().equals(test.classes())) {
      throw new IllegalArgumentException(
          "the data have %d classes for training, but %d others for measuring"
              .formatted(train.classes().size(), test.classes().size()));
    }
  }

  /** The epochs, for a look at their progress and to stop them. */
  public Training training() {
    return training;
  }

  /**
   * Goes on from the folder's checkpoint, if it has one.
   *
   * @return where the training goes on, in a line
   * @throws IOException naming the file, if it is damaged or of another training, or the folder has
   *     weights of another one
   */
  public String resume() throws IOException {
    @Nullable TrainingState state =
        folder.isResumable() ? folder.resume(training.settings()) : null;
    if (state == null) {
      if (isForeign()) {
        throw new IOException(
            folder.model()
                + " is not of this training, and there is no checkpoint to resume from: choose"
                + " another folder, or delete it");
      }
      return "there is no checkpoint to resume from: training begins anew";
    }
    training.restore(state);
    return state.epoch() == training.epochs()
        ? "the training in " + folder.checkpoint() + " is complete"
        : "resuming at epoch %d of %d, step %d of %d"
            .formatted(state.epoch() + 1, training.epochs(), state.batch() + 1, training.batches());
  }

  /**
   * Whether the folder has weights of another training, and no checkpoint. A training that was
   * killed before its first checkpoint may have written weights of its own.
   */
  public boolean isForeign() throws IOException {
    return !folder.isResumable()
        && Files.exists(folder.model())
        && !folder.settings().equals(training.settings());
  }

  /**
   * Trains to the last epoch, and fills the folder.
   *
   * @return the metrics of all epochs
   * @throws IOException naming the file, if an image cannot be read, or a result not written
   * @throws DivergenceException if a loss or a weight is not finite; the last checkpoint is from
   *     before
   * @throws CancellationException if it was stopped; its state has been saved
   */
  public List<Metrics> run(TrainingListener listener) throws IOException {
    try {
      return training.run(listener);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Frees what was compiled. Closing again does nothing. */
  @Override
  public void close() {
    evaluator.close();
    trainer.close();
  }
}
