package dev.residual.io.training;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.data.Part;
import dev.residual.io.images.Augmentation;
import dev.residual.io.images.Transforms;
import dev.residual.io.weights.ModelCard;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.train.Metrics;
import dev.residual.train.Recipe;
import dev.residual.train.RecipeDefaults;
import dev.residual.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A training of a network on images, with settings that suit most; each can be changed.
 *
 * <p>Immutable: methods with a parameter return another training.
 */
public final class ImageTraining implements Cloneable {
  private final ResNet network;
  private int epochs = 10;
  private @Nullable Recipe recipe;
  private Augmentation augmentation = Augmentation.STANDARD;
  private @Nullable Path weights;
  private boolean frozenNorms;
  private long seed;
  private CompileOptions compilation = CompileOptions.DEFAULT;
  private DType precision = DType.F32;
  private double seconds = 60;
  private Map<String, String> remarks = Map.of();

  private ImageTraining(ResNet network) {
    this.network = network;
  }

  /**
   * Ten epochs of a new network by the recipe that suits it, in F32 with all threads, the images
   * changed by chance in the standard way, a checkpoint a minute.
   *
   * @param network for images of this size, squares; it gets as many classes as the data have
   * @throws IllegalArgumentException if images are no squares, or larger than {@link
   *     Transforms#MAX_SIDE}
   */
  public static ImageTraining of(ResNet network) {
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
   * @param network as {@link ResNet#named} takes it
   */
  public static ImageTraining of(String network) {
    return of(ResNet.named(network));
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
   */
  public ImageTraining epochs(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("epochs is " + number + ", it must be at least 1");
    }
    return with(
        other -> {
          other.epochs = number;
          other.recipe = null;
        });
  }

  /** Another recipe than {@link RecipeDefaults}. */
  public ImageTraining recipe(Recipe given) {
    return with(other -> other.recipe = given);
  }

  /** Other changes of images by chance. */
  public ImageTraining augmentation(Augmentation given) {
    return with(other -> other.augmentation = given);
  }

  /** Begins with the weights of a file; another number of classes gets a new head. */
  public ImageTraining weights(Path file) {
    return with(other -> other.weights = file);
  }

  /** Batch normalisations keep the statistics of the weights that training begins with. */
  public ImageTraining frozenNorms(boolean frozen) {
    return with(other -> other.frozenNorms = frozen);
  }

  /** The origin of all chance, 0 if not given. */
  public ImageTraining seed(long number) {
    return with(other -> other.seed = number);
  }

  /** Settings of the compilation, as the number of threads. */
  public ImageTraining compilation(CompileOptions options) {
    return with(other -> other.compilation = options);
  }

  /** The element type of activations, {@link DType#F32} or {@link DType#BF16}. */
  public ImageTraining precision(DType dtype) {
    return with(other -> other.precision = dtype);
  }

  /** The least time between two checkpoints within an epoch; infinite for none. */
  public ImageTraining checkpointsEvery(double least) {
    return with(other -> other.seconds = least);
  }

  /** A remark for the files of the training. */
  public ImageTraining remark(String name, String text) {
    Map<String, String> more = new LinkedHashMap<>(remarks);
    more.put(name, text);
    return with(other -> other.remarks = more);
  }

  /** The network for these data. */
  ResNet network(DataSet data) {
    return network.classes(data.classes().size());
  }

  /** What the network begins with. */
  FirstWeights firstWeights(DataSet data, Backend backend, Consumer<String> notes)
      throws IOException {
    ResNet fitting = network(data);
    if (weights != null) {
      return FirstWeights.read(fitting, weights, seed, frozenNorms, notes)
          .calibrated(fitting, data, backend, compilation, notes);
    }
    if (frozenNorms) {
      throw new IllegalArgumentException("norms cannot be frozen: new networks have no statistics");
    }
    return FirstWeights.drawn(fitting, seed);
  }

  Loader loader(DataSet data, boolean training) throws IOException {
    int side = network.height();
    int batch = chosenRecipe().batch();
    LoaderOptions options =
        training
            ? LoaderOptions.training(batch)
            : LoaderOptions.evaluation(Math.min(batch, data.size()));
    return new Loader(
        data,
        training ? augmentation.transform(side) : Transforms.evaluation(side),
        options.withSeed(seed).withThreads(compilation.threads()));
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
  Map<String, String> settings(DataSet data, Backend backend) {
    ModelCard card = new ModelCard(network.name(), network.height(), data.classes());
    Map<String, String> settings = new LinkedHashMap<>(card.metadata());
    settings.put("images", String.valueOf(data.size()));
    settings.put("augmentation", augmentation.toString());
    settings.put("frozen_norms", String.valueOf(frozenNorms));
    settings.put("seed", String.valueOf(seed));
    settings.put("backend", backend.name());
    settings.put("precision", precision.name().toLowerCase(Locale.ROOT));
    settings.put("begins_with", weights == null ? "chance" : String.valueOf(weights.getFileName()));
    settings.putAll(remarks);
    return settings;
  }

  /** The recipe that is given, or the one that suits the network. */
  public Recipe chosenRecipe() {
    return recipe != null ? recipe : new RecipeDefaults(network, weights != null).recipe(epochs);
  }

  /**
   * Trains on a data set, and fills a folder with weights, metrics and a checkpoint. Where the
   * folder has the checkpoint of this very training, it goes on from there.
   *
   * @param data as {@link DataSets#open} takes it
   * @return the metrics of all epochs
   * @throws IOException naming the file, if one cannot be read or written, or the folder has
   *     results of another training
   * @throws IllegalArgumentException if the data have one class, or fewer images than a batch
   * @throws dev.residual.train.DivergenceException if numbers are no longer finite
   */
  public List<Metrics> run(Backend backend, String data, Path out, TrainingListener listener)
      throws IOException {
    int side = network.height();
    try (DataSet train = DataSets.open(data, Part.TRAIN, side);
        DataSet test = DataSets.open(data, Part.VALIDATION, side);
        TrainingFolder folder = new TrainingFolder(out);
        TrainingRun run = TrainingRun.open(backend, this, train, test, folder, note -> {})) {
      if (folder.isResumable()) {
        run.resume();
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
}
