package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.data.Part;
import dev.residual.io.images.Augmentation;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.TestViews;
import dev.residual.io.images.Transforms;
import dev.residual.io.training.ImagePreset;
import dev.residual.io.training.ImageTraining;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.ResNet;
import dev.residual.train.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How networks are trained on images, whatever network and images they are. */
final class TrainingOptions {
  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "D",
      required = true,
      description =
          "'shapes', a folder or .zip with one folder of images a class (optionally below train/"
              + " and test/ or val/), or a folder of CIFAR-10 binary batches.")
  String data;

  @Mixin RecipeOptions recipes;

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

  @Option(
      names = "--dropout",
      paramLabel = "F",
      description = "Probability of zeroing an input of the classifier of a residual network.")
  @Nullable Double dropout;

  @Option(
      names = "--stochastic-depth",
      paramLabel = "F",
      description =
          "Probability that an image passes by the last residual block; that of earlier blocks is"
              + " lower.")
  @Nullable Double depth;

  @Mixin OrientationOption orientation;

  @Option(
      names = "--augment",
      paramLabel = "A",
      description =
          "Changes by chance: standard, color, paper or none, and after commas any of"
              + " flip=alternating, translate=N, trivial, jitter=X, erase=P, cutout=N, mixup=A,"
              + " cutmix=A, copies=N; those of the preset, if not given.")
  @Nullable String augmentation;

  @Option(
      names = "--grow-from",
      paramLabel = "N",
      description =
          "Side of the images in the first epoch; it grows to that of the network over three"
              + " quarters of the epochs.")
  @Nullable Integer firstSide;

  @Option(
      names = "--test-views",
      paramLabel = "V",
      description =
          "What the result is measured by, ${COMPLETION-CANDIDATES}: an image alone, with its"
              + " mirror image, or both also moved by a pixel; that of the preset, if not given.")
  @Nullable TestViews testViews;

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

  @Option(
      names = "--keep-best",
      paramLabel = "N",
      defaultValue = "0",
      description = "Keep the weights of the N epochs that measure best, as epoch-007.safetensors.")
  int best;

  @Mixin ExecutionOptions engine;

  /**
   * Refuses what is wrong before anything is read or made.
   *
   * @param weights that it begins with, or null
   */
  void check(ImageNetwork network, @Nullable Path weights) {
    boolean tuning = isTuned(network, weights);
    engine.check();
    if (weights != null && !Files.exists(weights)) {
      throw new Failure(weights + ": no such file");
    }
    if (freezeNorms && !tuning) {
      throw new ParameterException(
          spec.commandLine(), "--freeze-norms needs --weights: new networks have no statistics");
    }
    OptionChecks.notNegative(spec, "--checkpoint-every", seconds);
    OptionChecks.notNegative(spec, "--keep-best", best);
    OptionChecks.between(spec, "--image-size", size(network), 1, Transforms.MAX_SIDE);
    int size = size(network);
    ImageNetwork sized = network(network, 2, size);
    Recipe recipe = recipes.recipe(sized, tuning, 1);
    Graph graph = sized.training(2).graph();
    try {
      recipe.requireNames(graph.values(Role.PARAMETER).stream().map(Value::name).toList());
    } catch (IllegalArgumentException e) {
      throw refused("--freeze and --lr-of of " + network.name(), e);
    }
    if (firstSide != null) {
      OptionChecks.between(spec, "--grow-from", firstSide, 1, size);
      try {
        sized.input(firstSide, firstSide).training(2);
      } catch (IllegalArgumentException e) {
        throw refused("--grow-from %d of %s".formatted(firstSide, network.name()), e);
      }
    }
    ImagePreset preset = ImagePreset.of(recipes.preset(tuning), recipe.epochs());
    try {
      LoaderOptions.training(recipe.batch())
          .requireFitting(augmentation(preset).preprocessing(firstSide != null ? firstSide : size));
    } catch (IllegalArgumentException e) {
      throw refused("--augment", e);
    }
  }

  private ParameterException refused(String options, IllegalArgumentException reason) {
    return new ParameterException(spec.commandLine(), options + ": " + reason.getMessage(), reason);
  }

  private static boolean isTuned(ImageNetwork network, @Nullable Path weights) {
    return weights != null || network.isTrained();
  }

  private Augmentation augmentation(ImagePreset given) {
    return augmentation != null ? Augmentation.parse(augmentation) : given.augmentation();
  }

  /**
   * A network as it is trained: for images of a size and a number of classes, and with what is left
   * out by chance.
   */
  ImageNetwork network(ImageNetwork network, int classes, int size) {
    ImageNetwork fitting = network.classes(classes).input(size, size);
    if (dropout == null && depth == null) {
      return fitting;
    }
    if (!(fitting instanceof ResNet resnet)) {
      throw new ParameterException(
          spec.commandLine(),
          "--dropout and --stochastic-depth need a residual network, given " + network.name());
    }
    try {
      ResNet dropping = dropout == null ? resnet : resnet.dropout(dropout);
      return depth == null ? dropping : dropping.stochasticDepth(depth);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /** Height and width of the images of a network. */
  int size(ImageNetwork network) {
    return side != null ? side : network.height();
  }

  /**
   * Opens the images.
   *
   * @param size height and width that they are brought to
   */
  DataParts open(int size, Console console) throws IOException {
    Orientation up = orientation.orientation();
    DataSet train = DataSets.open(data, Part.TRAIN, size, up, console::warn);
    try {
      return new DataParts(data, train, DataSets.open(data, Part.VALIDATION, size, up, note -> {}));
    } catch (IOException | RuntimeException e) {
      train.close();
      throw e;
    }
  }

  /**
   * The training of a network on these images, which the console shows.
   *
   * @param weights that it begins with, or null
   * @param resume whether to go on from the folder's checkpoint
   * @param onward how it goes on if it is stopped, in words
   */
  ReportedTraining training(
      ImageNetwork chosen,
      @Nullable Path weights,
      DataParts data,
      boolean resume,
      String onward,
      Processes processes) {
    boolean tuning = isTuned(chosen, weights);
    ImageNetwork network = network(chosen, data.classes(), size(chosen));
    Recipe recipe = recipes.recipe(network, tuning, data.train().size());
    CompileOptions compilation =
        engine.options(processes).withCommunicator(processes.communicator());
    ImageTraining settings =
        settings(network, recipe, tuning)
            .compilation(compilation)
            .sharedNorms(processes.sharedNorms());
    return new ReportedTraining(
        network,
        recipe,
        weights == null ? settings : settings.weights(weights),
        data.train(),
        data.test(),
        title(network, data.train(), data.test(), processes),
        resume,
        onward);
  }

  private ImageTraining settings(ImageNetwork network, Recipe recipe, boolean tuning) {
    ImagePreset given = ImagePreset.of(recipes.preset(tuning), recipe.epochs());
    ImageTraining training =
        ImageTraining.of(network)
            .recipe(recipe)
            .augmentation(augmentation(given))
            .testViews(testViews != null ? testViews : given.testViews())
            .orientation(orientation.orientation())
            .frozenNorms(freezeNorms)
            .seed(seed)
            .precision(engine.dtype())
            .checkpointsEvery(seconds);
    return firstSide == null ? training : training.growingFrom(firstSide);
  }

  /** A line that begins a training. */
  private String title(ImageNetwork network, DataSet train, DataSet test, Processes processes) {
    return "%s on %s: %d images, %d held out, %d classes; %s"
        .formatted(
            network.name(),
            data,
            train.size(),
            test.size(),
            network.classes(),
            engine.describe(processes));
  }
}
