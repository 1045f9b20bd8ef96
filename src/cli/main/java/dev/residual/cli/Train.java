package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.engine.Backend;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Part;
import dev.residual.io.images.Augmentation;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Transforms;
import dev.residual.io.training.Checkpoint;
import dev.residual.io.training.ImageTraining;
import dev.residual.io.training.TrainingFolder;
import dev.residual.nn.ImageNetwork;
import dev.residual.train.Metrics;
import dev.residual.train.Recipe;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains a network. */
@Command(
    name = "train",
    description =
        "Trains a network on images. The folder gets weights (model.safetensors), a checkpoint to"
            + " resume from, metrics.csv, events for TensorBoard, and report.html with the tables"
            + " and pictures that it shows: curve, accuracy by class, confusion matrix, the images"
            + " with the highest loss.",
    sortOptions = false)
final class Train implements Callable<Integer> {
  private final Console console;

  @Mixin ModelOption model;

  @Option(
      names = "--data",
      paramLabel = "D",
      required = true,
      description =
          "'shapes', a folder or .zip with one folder of images a class (optionally below train/"
              + " and test/ or val/), or a folder of CIFAR-10 binary batches.")
  String data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder of the results; runs/MODEL, if not given.")
  @Nullable Path out;

  @Option(
      names = "--resume",
      description = "Go on from the checkpoint in DIR, with the same settings.")
  boolean resume;

  @Mixin RecipeOptions recipes;

  @Option(
      names = "--weights",
      paramLabel = "W",
      description = "Begin with these weights; another number of classes gets a new head.")
  @Nullable Path weights;

  @Option(
      names = "--freeze-norms",
      description = "With --weights: batch normalisations keep the statistics of the file.")
  boolean freezeNorms;

  @Option(
      names = "--image-size",
      paramLabel = "N",
      description =
          "Height and width that images are brought to; that of the network, if not given.")
  @Nullable Integer side;

  @Mixin OrientationOption orientation;

  @Option(
      names = "--augment",
      paramLabel = "A",
      defaultValue = "standard",
      description = "Changes by chance: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Augmentation augmentation;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Origin of all chance (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description =
          "Least time between checkpoints within an epoch (default: ${DEFAULT-VALUE}); there is one"
              + " after each epoch anyway.")
  double seconds;

  @Mixin ExecutionOptions engine;

  @Spec CommandSpec spec;

  Train(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    engine.check();
    ImageNetwork chosen = model.source.network();
    boolean tuning = weights != null || chosen.isTrained();
    if (freezeNorms && !tuning) {
      throw new ParameterException(
          spec.commandLine(), "--freeze-norms needs --weights: new networks have no statistics");
    }
    OptionChecks.notNegative(spec, "--checkpoint-every", seconds);
    Recipe recipe = recipes.recipe(chosen, tuning);
    int size = side != null ? side : chosen.height();
    OptionChecks.between(spec, "--image-size", size, 1, Transforms.MAX_SIDE);
    // Said before anything is read or made.
    Backend backend = engine.backend();
    Orientation up = orientation.orientation();
    try (DataSet train = DataSets.open(data, Part.TRAIN, size, up, console::warn);
        DataSet test = DataSets.open(data, Part.VALIDATION, size, up, note -> {});
        TrainingFolder folder = folder(train, test, recipe)) {
      ImageNetwork network = chosen.classes(train.classes().size()).input(size, size);
      ImageTraining settings =
          ImageTraining.of(network)
              .recipe(recipe)
              .augmentation(augmentation)
              .orientation(up)
              .frozenNorms(freezeNorms)
              .seed(seed)
              .compilation(engine.options())
              .precision(engine.dtype())
              .checkpointsEvery(seconds);
      String title =
          "%s on %s: %d images, %d held out, %d classes; %s"
              .formatted(
                  network.name(), data, train.size(), test.size(), network.classes(), engine);
      ReportedTraining training =
          new ReportedTraining(
              network,
              recipe,
              weights == null ? settings : settings.weights(weights),
              train,
              test,
              folder,
              title,
              resume,
              !Double.isInfinite(seconds));
      List<Metrics> metrics = training.run(backend, console);
      print(folder, metrics.getLast(), test.size());
    }
    return 0;
  }

  private void requireClasses(DataSet train, DataSet test) {
    if (train.classes().size() < 2) {
      throw new Failure(
          "%s has the one class %s: there is nothing to tell apart"
              .formatted(data, train.classes().getFirst()));
    }
    if (!train.classes().equals(test.classes())) {
      throw new Failure(
          "%s has %d classes for training, but %d others for measuring"
              .formatted(data, train.classes().size(), test.classes().size()));
    }
  }

  private TrainingFolder folder(DataSet train, DataSet test, Recipe recipe) throws IOException {
    requireClasses(train, test);
    Path place = out != null ? out : Path.of("runs", model.source.name());
    if (Files.isDirectory(place) && !Files.isWritable(place)) {
      throw new Failure(place + ": permission denied; choose another --out");
    }
    TrainingFolder folder = new TrainingFolder(place);
    try {
      if (!resume) {
        requireNew(folder, recipe);
      }
      return folder;
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /** A training replaces no results of another one. */
  private static void requireNew(TrainingFolder folder, Recipe recipe) throws IOException {
    if (folder.isResumable()) {
      TrainingState state = checkpoint(folder);
      String epochs = state.settings().getOrDefault("epochs", String.valueOf(recipe.epochs()));
      throw new Failure(
          epochs.equals(String.valueOf(state.epoch()))
              ? "%s is of a training that is complete: choose another --out, or delete it"
                  .formatted(folder.checkpoint())
              : "%s is of a training that stopped in epoch %d of %s: go on with --resume, choose another"
                      .formatted(folder.checkpoint(), state.epoch() + 1, epochs)
                  + " --out, or delete it");
    }
    if (!folder.results().isEmpty()) {
      throw new Failure(
          "%s would be replaced: choose another --out, or delete it"
              .formatted(folder.results().getFirst()));
    }
  }

  private static TrainingState checkpoint(TrainingFolder folder) throws IOException {
    try {
      return Checkpoint.read(folder.checkpoint());
    } catch (IOException e) {
      throw new Failure(e.getMessage() + "; delete it, or choose another --out", e);
    }
  }

  private void print(TrainingFolder folder, Metrics last, int images) {
    var out = spec.commandLine().getOut();
    out.println(
        "top-1 %s, top-5 %s of %d images held out"
            .formatted(Text.percent(last.testTop1()), Text.percent(last.testTop5()), images));
    out.println("%s, %s".formatted(folder.model(), folder.report().getFileName()));
  }
}
