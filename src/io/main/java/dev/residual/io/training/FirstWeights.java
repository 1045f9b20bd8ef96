package dev.residual.io.training;

import dev.residual.calibration.Calibration;
import dev.residual.calibration.Whitening;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Value;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.weights.TrainedModel;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.Head;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a training begins with.
 *
 * @param weights of the network
 * @param frozen whether batch normalisations keep their statistics rather than take those of each
 *     batch
 */
record FirstWeights(Weights weights, boolean frozen) {
  private static final int MEASURED = 128;
  private static final int BATCH = 8;
  private static final int WHITENED = 100;

  /** The weights that a network begins with. */
  static FirstWeights of(ImageNetwork network, long seed, boolean frozen) {
    return new FirstWeights(network.firstWeights(seed), frozen);
  }

  /** The weights of a file, with a new head where they are for another number of classes. */
  static FirstWeights read(
      ImageNetwork network, Path file, long seed, boolean frozen, Consumer<String> notes)
      throws IOException {
    TrainedModel trained = TrainedModel.read(network, file);
    trained.notes().forEach(note -> notes.accept("note: " + note));
    if (trained.isQuantized()) {
      throw new IOException(file + " holds 8-bit weights, which cannot be trained");
    }
    Weights weights = trained.weights();
    Head head = Head.of(network);
    int classes = head.classes(weights).orElse(network.classes());
    if (classes != network.classes()) {
      notes.accept(
          "the head %s for %d classes in %s is replaced by a new one for %d"
              .formatted(head.weights(), classes, file, network.classes()));
      weights = head.replace(weights, network.firstWeights(seed));
    }
    return new FirstWeights(weights, frozen);
  }

  /** These weights, with statistics measured on images where they are needed and absent. */
  FirstWeights calibrated(
      ImageNetwork network,
      DataSet images,
      ImageScaling scaling,
      Backend backend,
      CompileOptions options,
      Consumer<String> notes)
      throws IOException {
    int batch = Math.min(BATCH, images.size());
    Model model = network.inference(batch);
    if (frozen || !Calibration.isNeeded(model, weights)) {
      return this;
    }
    int batches = Math.min(MEASURED, images.size()) / batch;
    notes.accept(
        "the batch normalisations have no statistics: they are measured on %d images"
            .formatted(batches * batch));
    Loader loader = loader(network, images, batch, scaling, options);
    return new FirstWeights(
        Calibration.measure(backend, options, model, weights, loader, batches), false);
  }

  /**
   * These weights, and those that serve training alone: of the file where it has them for as many
   * classes, else drawn.
   */
  FirstWeights completed(ImageNetwork network, Path file, long seed) throws IOException {
    List<Value> missing =
        Weights.values(network.training(2).graph()).stream()
            .filter(value -> !weights.tensors().containsKey(value.name()))
            .toList();
    if (missing.isEmpty()) {
      return this;
    }
    Map<String, Tensor> known = WeightFile.read(file).auxiliary().tensors();
    Weights drawn = network.firstWeights(seed);
    Map<String, Tensor> tensors = new LinkedHashMap<>(weights.tensors());
    for (Value value : missing) {
      Tensor tensor = known.get(value.name());
      boolean fits = tensor != null && tensor.shape().equals(value.shape());
      tensors.put(value.name(), fits ? tensor : drawn.get(value.name()));
    }
    return new FirstWeights(new Weights(tensors), frozen);
  }

  /** These weights, of which those are made of images that whiten them. */
  FirstWeights whitened(ImageNetwork network, DataSet images, CompileOptions options)
      throws IOException {
    if (network.whitening().isEmpty()) {
      return this;
    }
    int batch = Math.min(WHITENED, images.size());
    Loader loader = loader(network, images, batch, ImageScaling.USUAL, options);
    return new FirstWeights(Whitening.of(network, weights, loader), frozen);
  }

  private static Loader loader(
      ImageNetwork network, DataSet images, int batch, ImageScaling scaling, CompileOptions options)
      throws IOException {
    LoaderOptions order =
        LoaderOptions.training(batch)
            .withThreads(options.threads())
            .withNormalization(scaling.colors());
    return new Loader(images, scaling.evaluation(network.height()), order);
  }

  /** The network that is trained. */
  Model model(ImageNetwork network, int batch) {
    Model model = network.training(batch);
    return frozen ? model.withFrozenNorms() : model;
  }
}
