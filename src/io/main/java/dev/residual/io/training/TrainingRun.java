package dev.residual.io.training;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.Backend;
import dev.residual.engine.Communicator;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.Loader;
import dev.residual.io.files.FileErrors;
import dev.residual.io.images.Views;
import dev.residual.nn.ImageNetwork;
import dev.residual.train.DivergenceException;
import dev.residual.train.Evaluator;
import dev.residual.train.Metrics;
import dev.residual.train.Predictions;
import dev.residual.train.Recipe;
import dev.residual.train.Training;
import dev.residual.train.TrainingListener;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A training that is ready: the network compiled with its first weights, the images at hand, the
 * folder open.
 *
 * <p>Of several processes that train together, the first has the folder; the others follow it.
 *
 * <p>Owns what it has compiled, and neither the data sets nor the folder. Serves one thread; any
 * other may {@linkplain Training#stop stop} it.
 */
public final class TrainingRun implements AutoCloseable {
  private final GrowingTraining network;
  private final Evaluator evaluator;
  private final Loader measured;
  private final Training training;
  private final Communicator communicator;
  private final @Nullable TrainingFolder folder;
  private boolean isResumed;

  private TrainingRun(
      GrowingTraining network,
      Evaluator evaluator,
      Loader measured,
      Training training,
      Communicator communicator,
      @Nullable TrainingFolder folder) {
    this.network = network;
    this.evaluator = evaluator;
    this.measured = measured;
    this.training = training;
    this.communicator = communicator;
    this.folder = folder;
  }

  /**
   * Makes a training ready.
   *
   * @param given its settings
   * @param train the images to train on
   * @param test the images to measure with after each epoch, of the same classes
   * @param notes told what a user may not expect, in one line each
   * @throws IOException naming the file, if weights or images cannot be read, or do not fit
   * @throws IllegalArgumentException if there is one class, the classes differ, or there are fewer
   *     images than a batch
   */
  public static TrainingRun open(
      Backend backend,
      ImageTraining given,
      DataSet train,
      DataSet test,
      TrainingFolder folder,
      Consumer<String> notes)
      throws IOException {
    return ready(backend, given, train, test, folder, notes);
  }

  /**
   * Makes the part of a training ready that a process has which is not the first.
   *
   * @param given its settings, compiled for the processes
   * @throws IOException as {@link #open}
   * @throws IllegalArgumentException as {@link #open}
   */
  public static TrainingRun follow(
      Backend backend, ImageTraining given, DataSet train, DataSet test) throws IOException {
    return ready(backend, given, train, test, null, note -> {});
  }

  private static TrainingRun ready(
      Backend backend,
      ImageTraining given,
      DataSet train,
      DataSet test,
      @Nullable TrainingFolder folder,
      Consumer<String> notes)
      throws IOException {
    requireClasses(train, test);
    ImageTraining settings = given.fitting(train);
    ImageNetwork network = settings.network(train);
    Recipe recipe = settings.chosenRecipe();
    FirstWeights first = firstWeights(settings, train, backend, notes);
    ImageLoaders loaders = settings.loaders();
    Loader measured = loaders.evaluation(test, settings.distribution().part(recipe.batch()));
    GrowingTraining growing = new GrowingTraining(backend, settings, recipe, first, train);
    try {
      Evaluator evaluator =
          Evaluator.unwritten(
              backend,
              network.inference(measured.shape().dim(0)),
              settings.compilation(),
              settings.precision());
      try {
        Training training =
            new Training(growing, recipe, settings.settings(train, test, backend))
                .evaluatedBy(evaluator, loaders.own(test, measured))
                // Where there is no folder, a state is checked and forgotten.
                .savedTo(folder != null ? folder : state -> {}, settings.seconds());
        Views views = settings.views();
        if (views.count() > 1 && folder != null) {
          training.finallyEvaluatedBy(measured.views(views), views.weights(), views.average());
        }
        Communicator communicator = settings.compilation().communicator();
        return new TrainingRun(growing, evaluator, measured, training, communicator, folder);
      } catch (IOException | RuntimeException e) {
        evaluator.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      growing.close();
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
    TrainingFolder own = requireNonNull(folder);
    @Nullable TrainingState state = own.isResumable() ? own.resume(training.settings()) : null;
    if (state == null) {
      if (isForeign(own)) {
        throw new IOException(
            own.model()
                + " is not of this training, and there is no checkpoint to resume from: choose"
                + " another folder, or delete it");
      }
      return "there is no checkpoint to resume from: training begins anew";
    }
    restore(state, own.checkpoint());
    isResumed = true;
    return training.isComplete()
        ? "the training in " + own.checkpoint() + " is complete"
        : "resuming at epoch %d of %d, step %d of %d"
            .formatted(state.epoch() + 1, training.epochs(), state.batch() + 1, training.batches());
  }

  /** Goes on from the state that a file holds. */
  private void restore(TrainingState state, Path file) throws IOException {
    try {
      training.restore(state);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (IllegalArgumentException e) {
      throw FileErrors.in(file, e);
    }
  }

  /** Brings the other processes to where the first goes on. */
  private void shareState() throws IOException {
    if (communicator.size() == 1) {
      return;
    }
    if (folder != null) {
      SharedFile.give(communicator, isResumed ? folder.checkpoint() : null);
      return;
    }
    Path file = SharedFile.take(communicator);
    if (file != null) {
      try {
        restore(Checkpoint.read(file, training.settings()), file);
      } finally {
        Files.deleteIfExists(file);
      }
    }
  }

  /**
   * Whether the folder has weights of another training, and no checkpoint. A training that was
   * killed before its first checkpoint may have written weights of its own.
   */
  private boolean isForeign(TrainingFolder own) throws IOException {
    return !own.isResumable()
        && Files.exists(own.model())
        && !own.settings().equals(training.settings());
  }

  /**
   * Trains to the last epoch, and fills the folder.
   *
   * @param listener told first, before what it is told of is written for TensorBoard
   * @return the metrics of all epochs
   * @throws IOException naming the file, if an image cannot be read, or a result not written
   * @throws DivergenceException if a loss or a weight is not finite; the last checkpoint is from
   *     before
   * @throws CancellationException if it was stopped; its state has been saved
   */
  public List<Metrics> run(TrainingListener listener) throws IOException {
    shareState();
    if (folder == null) {
      return followed(listener);
    }
    try (TrainingEvents events = new TrainingEvents(folder, training)) {
      return training.run(listener.and(events));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private List<Metrics> followed(TrainingListener listener) throws IOException {
    try {
      return training.run(listener);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * What the network says of each image that it is measured with: the results of the last
   * evaluation, by all views of it when {@link #run} has ended, or of one with the weights as they
   * are if there was none.
   *
   * @throws IOException naming the file, if an image cannot be read
   */
  public Predictions predictions() throws IOException {
    if (evaluator.predictions().images().size() < measured.images()) {
      evaluator.write(training.trained());
      try {
        evaluator.evaluate(measured);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
    return evaluator.predictions();
  }

  /** Frees what was compiled. Closing again does nothing. */
  @Override
  public void close() {
    evaluator.close();
    network.close();
  }
}
