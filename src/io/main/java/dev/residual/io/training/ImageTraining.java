package dev.residual.io.training;

import dev.residual.engine.Backend;
import dev.residual.engine.Communicator;
import dev.residual.engine.CompileOptions;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Part;
import dev.residual.io.data.Share;
import dev.residual.io.images.Augmentation;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.TestViews;
import dev.residual.io.images.Transforms;
import dev.residual.io.images.Views;
import dev.residual.io.weights.ModelCard;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.train.Distribution;
import dev.residual.train.Metrics;
import dev.residual.train.Recipe;
import dev.residual.train.RecipePreset;
import dev.residual.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A training of a network on images, with settings that suit most; each can be changed.
 *
 * <p>Immutable: methods with a parameter return another training.
 */
public final class ImageTraining implements Cloneable {
  private final ImageNetwork network;
  private @Nullable Integer epochs;
  private @Nullable Integer batch;
  private @Nullable Recipe recipe;
  private @Nullable RecipePreset preset;
  private @Nullable Augmentation augmentation;
  private @Nullable TestViews testViews;
  private Orientation orientation = Orientation.STORED;
  private @Nullable Integer firstSide;
  private @Nullable Path weights;
  private ImageScaling scaling = ImageScaling.USUAL;
  private boolean frozenNorms;
  private boolean sharedNorms;
  private long seed;
  private CompileOptions compilation = CompileOptions.DEFAULT;
  private DType precision = DType.F32;
  private double seconds = 60;
  private Map<String, String> remarks = Map.of();
  private Consumer<String> notes = note -> {};

  private ImageTraining(ImageNetwork network) {
    this.network = network;
  }

  /**
   * A training by the preset that suits it, in F32 with all threads, the images changed by chance
   * in the standard way, a checkpoint a minute.
   *
   * @param network for images of this size, squares; it gets as many classes as the data have
   * @throws IllegalArgumentException if images are no squares, or larger than {@link
   *     Transforms#MAX_SIDE}
   */
  public static ImageTraining of(ImageNetwork network) {
    if (network.height() != network.width() || network.height() > Transforms.MAX_SIDE) {
      throw new IllegalArgumentException(
          "%s is for images of %dx%d: expected squares of at most %d"
              .formatted(network.name(), network.height(), network.width(), Transforms.MAX_SIDE));
    }
    return new ImageTraining(network);
  }

  /**
   * The same for the network of this name.
   *
   * @param network as {@link Networks#named} takes it
   */
  public static ImageTraining of(String network) {
    return of(Networks.named(network));
  }

  private ImageTraining with(Consumer<ImageTraining> change) {
    try {
      ImageTraining other = (ImageTraining) clone();
      change.accept(other);
      return other;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * This training with so many epochs, by the recipe that suits the network.
   *
   * @throws IllegalArgumentException if there are none
   * @throws IllegalStateException if a recipe is given, which says that itself
   */
  public ImageTraining epochs(int number) {
    requireOwnRecipe("epochs", number);
    return with(other -> other.epochs = number);
  }

  /**
   * This training with steps of so many images, by the recipe that suits the network: the learning
   * rate is in proportion. If it is not given, a step has the recipe's number of images, or where
   * there are fewer for training, the greatest power of two that there are.
   *
   * @throws IllegalArgumentException if there are none
   * @throws IllegalStateException if a recipe is given, which says that itself
   */
  public ImageTraining batch(int images) {
    requireOwnRecipe("batch", images);
    return with(other -> other.batch = images);
  }

  private void requireOwnRecipe(String name, int number) {
    if (number < 1) {
      throw new IllegalArgumentException(name + " is " + number + ", it must be at least 1");
    }
    if (recipe != null) {
      throw new IllegalStateException(
          "%s is %d, but a recipe is given, which has %d epochs of batches of %d"
              .formatted(name, number, recipe.epochs(), recipe.batch()));
    }
  }

  /**
   * This training by a preset; if it is not given, {@link RecipePreset#suiting} chooses.
   *
   * @throws IllegalStateException if a recipe is given
   */
  public ImageTraining preset(RecipePreset given) {
    if (recipe != null) {
      throw new IllegalStateException("the preset is " + given + ", but a recipe is given");
    }
    return with(other -> other.preset = given);
  }

  /**
   * Another recipe than that of a preset.
   *
   * @throws IllegalStateException if a preset, epochs or the batch are given, which the recipe says
   *     itself
   */
  public ImageTraining recipe(Recipe given) {
    if (preset != null) {
      throw new IllegalStateException(
          "a recipe is given, but the preset is " + preset + " already");
    }
    if (epochs != null || batch != null) {
      throw new IllegalStateException(
          "a recipe of %d epochs of batches of %d is given, but %s already"
              .formatted(
                  given.epochs(),
                  given.batch(),
                  epochs != null ? "epochs is " + epochs : "batch is " + batch));
    }
    return with(other -> other.recipe = given);
  }

  /** Other changes of images by chance. */
  public ImageTraining augmentation(Augmentation given) {
    return with(other -> other.augmentation = given);
  }

  /** The views of an image whose answers are averaged when the result is measured. */
  public ImageTraining testViews(TestViews given) {
    return with(other -> other.testViews = given);
  }

  /** Whether images in files are turned as their EXIF data say; they are not if not given. */
  public ImageTraining orientation(Orientation given) {
    return with(other -> other.orientation = given);
  }

  /**
   * Images of the first epochs are smaller: they begin with this side, and grow to that of the
   * network over three quarters of the epochs.
   *
   * @throws IllegalArgumentException if the side is below 1, or above that of the network
   */
  public ImageTraining growingFrom(int side) {
    ImageSizes checked = new ImageSizes(side, network.height(), 1);
    return with(other -> other.firstSide = checked.first());
  }

  /**
   * Begins with the weights of a file; another number of classes gets a new head. Images get the
   * scaling of colours and the interpolation that the file says.
   */
  public ImageTraining weights(Path file) {
    return with(other -> other.weights = file);
  }

  /** Batch normalisations keep the statistics of the weights that training begins with. */
  public ImageTraining frozenNorms(boolean frozen) {
    return with(other -> other.frozenNorms = frozen);
  }

  /**
   * Of several processes, batch normalisations take the statistics of the whole batch, as one
   * process would; if not given, those of each process's part.
   */
  public ImageTraining sharedNorms(boolean shared) {
    return with(other -> other.sharedNorms = shared);
  }

  /** The origin of all chance, 0 if not given. */
  public ImageTraining seed(long number) {
    return with(other -> other.seed = number);
  }

  /** Settings of the compilation, as the number of threads. */
  public ImageTraining compilation(CompileOptions options) {
    return with(other -> other.compilation = options);
  }

  /**
   * The element type of activations; in {@link DType#F16} the loss is scaled.
   *
   * @throws IllegalArgumentException if it is not {@link DType#F32}, {@link DType#BF16} or {@link
   *     DType#F16}
   */
  public ImageTraining precision(DType dtype) {
    if (dtype != DType.F32 && !dtype.isHalf()) {
      throw new IllegalArgumentException("precision is " + dtype + ", expected F32, BF16 or F16");
    }
    return with(other -> other.precision = dtype);
  }

  /** The least time between two checkpoints within an epoch; infinite for none. */
  public ImageTraining checkpointsEvery(double least) {
    return with(other -> other.seconds = least);
  }

  /**
   * Told what a user may not expect, in one line each: images that are left out, weights that get a
   * new head, the step at which a training goes on.
   */
  public ImageTraining notes(Consumer<String> reader) {
    return with(other -> other.notes = reader);
  }

  /** A remark for the files of the training. */
  public ImageTraining remark(String name, String text) {
    Map<String, String> more = new LinkedHashMap<>(remarks);
    more.put(name, text);
    return with(other -> other.remarks = more);
  }

  /** The network for these data. */
  ImageNetwork network(DataSet data) {
    return network.classes(data.classes().size());
  }

  /** What the network begins with. */
  FirstWeights firstWeights(DataSet data, Backend backend, Consumer<String> notes)
      throws IOException {
    ImageNetwork fitting = network(data);
    if (weights != null) {
      return FirstWeights.read(fitting, weights, seed, frozenNorms, notes)
          .calibrated(fitting, data, scaling, backend, compilation, notes)
          .completed(fitting, weights, seed);
    }
    if (frozenNorms && !network.isTrained()) {
      throw new IllegalArgumentException("norms cannot be frozen: new networks have no statistics");
    }
    return FirstWeights.of(fitting, seed, frozenNorms).whitened(fitting, data, compilation);
  }

  /** How processes share the training, those that the compilation is for. */
  Distribution distribution() {
    return Distribution.of(compilation.communicator().size()).withSharedNorms(sharedNorms);
  }

  /** The loaders of its images. */
  ImageLoaders loaders() {
    return new ImageLoaders(
        augmentation(), scaling, network.height(), seed, compilation.threads(), share());
  }

  private Share share() {
    Communicator communicator = compilation.communicator();
    return new Share(communicator.rank(), communicator.size());
  }

  /** The side of the images in each epoch. */
  ImageSizes sizes(Recipe given) {
    int side = network.height();
    return firstSide == null
        ? ImageSizes.always(side)
        : new ImageSizes(firstSide, side, given.epochs());
  }

  /** This training with all that its presets say for these images, and its weights of images. */
  ImageTraining fitting(DataSet images) throws IOException {
    Recipe chosen = chosenRecipe(images.size());
    ImagePreset usual =
        recipe != null ? ImagePreset.NONE : ImagePreset.of(chosenPreset(), chosen.epochs());
    ImageScaling scaled = weights == null ? ImageScaling.USUAL : ImageScaling.of(weights);
    return with(
        other -> {
          other.scaling = scaled;
          other.recipe = chosen;
          other.augmentation = augmentation != null ? augmentation : usual.augmentation();
          other.testViews = testViews != null ? testViews : usual.testViews();
        });
  }

  private Augmentation augmentation() {
    return Objects.requireNonNull(augmentation);
  }

  private TestViews testViews() {
    return Objects.requireNonNull(testViews);
  }

  private RecipePreset chosenPreset() {
    return preset != null ? preset : RecipePreset.suiting(weights != null || network.isTrained());
  }

  /** Whether images are mixtures of several. */
  boolean isMixed() {
    return !augmentation().mixing().isNone();
  }

  long seed() {
    return seed;
  }

  /** The views of an image that the result is measured by. */
  Views views() {
    return testViews().of(scaling.evaluation(network.height()));
  }

  CompileOptions compilation() {
    return compilation;
  }

  DType precision() {
    return precision;
  }

  double seconds() {
    return seconds;
  }

  /** What a training must share with the one that it resumes; it stands in the model's file too. */
  Map<String, String> settings(DataSet data, DataSet test, Backend backend) throws IOException {
    ModelCard card = scaling.card(network.name(), network.height(), data.classes());
    Map<String, String> settings = new LinkedHashMap<>(card.metadata());
    settings.put("images", String.valueOf(data.size()));
    settings.put("image_names_crc32c", Checksum.ofNames(data));
    settings.put("test_images", String.valueOf(test.size()));
    settings.put("test_image_names_crc32c", Checksum.ofNames(test));
    settings.put("augmentation", augmentation().toString());
    if (testViews() != TestViews.IMAGE) {
      settings.put("test_views", testViews().toString());
    }
    if (orientation != Orientation.STORED) {
      settings.put("orientation", orientation.name().toLowerCase(Locale.ROOT));
    }
    if (firstSide != null) {
      settings.put("first_side", String.valueOf(firstSide));
    }
    settings.put("frozen_norms", String.valueOf(frozenNorms));
    if (sharedNorms) {
      settings.put("shared_norms", "true");
    }
    if (network instanceof ResNet resnet) {
      putPositive(settings, "dropout", resnet.dropout());
      putPositive(settings, "stochastic_depth", resnet.stochasticDepth());
    }
    settings.put("seed", String.valueOf(seed));
    settings.put("backend", backend.name());
    settings.put("precision", precision.name().toLowerCase(Locale.ROOT));
    settings.put("begins_with", beginning());
    if (weights != null) {
      settings.put("begins_with_crc32c", Checksum.of(weights));
    }
    settings.putAll(remarks);
    return settings;
  }

  private static void putPositive(Map<String, String> settings, String name, double number) {
    if (number > 0) {
      settings.put(name, String.valueOf(number));
    }
  }

  private String beginning() {
    String own = network.isTrained() ? network.name() : "chance";
    return weights == null ? own : String.valueOf(weights.getFileName());
  }

  /** The recipe that is given, or the one that suits the network, for any number of images. */
  public Recipe chosenRecipe() {
    return chosenRecipe(Integer.MAX_VALUE);
  }

  /** The recipe for so many images. */
  Recipe chosenRecipe(int images) {
    if (recipe != null) {
      return recipe;
    }
    if (batch != null && batch > images) {
      throw new IllegalArgumentException(
          "batch is %d, but there are %d images for training: it must be at most that"
              .formatted(batch, images));
    }
    RecipePreset chosen = chosenPreset();
    int size =
        batch != null ? batch : Math.min(chosen.batch(network), Integer.highestOneBit(images));
    int steps = chosen.accumulation(network, size);
    return chosen
        .recipe(
            network,
            epochs != null ? epochs : chosen.epochs(images),
            size,
            chosen.rate(network, size * steps))
        .withAccumulation(steps);
  }

  /**
   * Trains on a data set, and fills a folder with weights, metrics and a checkpoint. Where the
   * folder has the checkpoint of this very training, it goes on from there.
   *
   * <p>Where the compilation is for several processes, each calls this with the same settings; the
   * first has the folder, and is the only one to touch it.
   *
   * <p>A listener stops the training with {@link dev.residual.train.Training#stop} of the one that
   * {@link TrainingListener#step} is given; so may any other thread. The state is saved, and the
   * same call goes on with it.
   *
   * @param data as {@link DataSets#open} takes it
   * @return the metrics of all epochs
   * @throws IOException naming the file, if one cannot be read or written, or the folder has
   *     results of another training
   * @throws IllegalArgumentException if the data have one class, or fewer images than a batch
   * @throws dev.residual.train.DivergenceException if numbers are no longer finite
   * @throws java.util.concurrent.CancellationException if the training was stopped
   */
  public List<Metrics> run(Backend backend, String data, Path out, TrainingListener listener)
      throws IOException {
    int side = network.height();
    try (DataSet train = DataSets.open(data, Part.TRAIN, side, orientation, notes);
        DataSet test = DataSets.open(data, Part.VALIDATION, side, orientation, note -> {})) {
      if (compilation.communicator().rank() > 0) {
        try (TrainingRun run = TrainingRun.follow(backend, this, train, test)) {
          return run.run(listener);
        }
      }
      return run(backend, train, test, out, listener);
    }
  }

  private List<Metrics> run(
      Backend backend, DataSet train, DataSet test, Path out, TrainingListener listener)
      throws IOException {
    try (TrainingFolder folder = new TrainingFolder(out);
        TrainingRun run = TrainingRun.open(backend, this, train, test, folder, notes)) {
      if (folder.isResumable()) {
        notes.accept(run.resume());
      } else if (!folder.results().isEmpty()) {
        throw new IOException(
            "%s would be replaced: choose another folder, or delete it"
                .formatted(folder.results().getFirst()));
      }
      return run.run(listener);
    }
  }

  /** Trains as {@link #run(Backend, String, Path, TrainingListener)} does, without a listener. */
  public List<Metrics> run(Backend backend, String data, Path out) throws IOException {
    return run(backend, data, out, TrainingListener.NONE);
  }

  /** Trains as {@link #run(Backend, String, Path, TrainingListener)} does, on a folder or .zip. */
  public List<Metrics> run(Backend backend, Path data, Path out, TrainingListener listener)
      throws IOException {
    // A folder, whatever data set has the same name.
    String spec = data.isAbsolute() ? data.toString() : "./" + data;
    return run(backend, spec, out, listener);
  }

  /** Trains as {@link #run(Backend, Path, Path, TrainingListener)} does, without a listener. */
  public List<Metrics> run(Backend backend, Path data, Path out) throws IOException {
    return run(backend, data, out, TrainingListener.NONE);
  }
}
