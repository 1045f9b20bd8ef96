package dev.residual.io;

import dev.residual.engine.Backend;
import dev.residual.engine.BatchOptions;
import dev.residual.inference.BatchedNetwork;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.Networks;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A network that names what images show: files, bytes, pixels or tensors in, the most probable
 * classes out, best first.
 *
 * <p>Images are brought to the size and the scale of colours that the weights were made for. Safe
 * for use by many threads at once, virtual ones too. Images are decoded on the caller's thread,
 * those of a list of files on as many as there are cores, and computed by as many sessions as the
 * {@linkplain ClassifierOptions options} say, which share the weights. A call waits where none is
 * free. {@link ClassifierOptions#withSessions} is for servers. A result does not depend on the
 * session that computed it.
 *
 * <p>Calls at the same time are computed together only {@linkplain ClassifierOptions#withBatching
 * if asked}. Then a call throws {@link java.util.concurrent.RejectedExecutionException} if more
 * images wait than may, and results differ by the rounding of different batches.
 *
 * <p>{@link #close} waits for what is being computed, and frees everything; a call afterwards
 * throws {@link IllegalStateException}, as does one that was waiting then.
 */
public final class Classifier implements AutoCloseable {
  private final TrainedModel model;
  private final ClassifierOptions options;
  private final Labels labels;
  private final ImagePipeline<List<Prediction>> pipeline;

  /**
   * Compiles a network with its weights.
   *
   * @throws IOException naming the file of labels, if it cannot be read, or does not fit
   * @throws IllegalArgumentException if there are more or fewer labels than classes
   * @throws dev.residual.engine.UnsupportedOpException if the backend lacks an operation on this
   *     processor, as in bf16 or 8-bit integers
   */
  public Classifier(Backend backend, TrainedModel model, ClassifierOptions options)
      throws IOException {
    this.model = model;
    this.options = options;
    labels = labels(model, options);
    pipeline =
        new ImagePipeline<>(
            "the classifier",
            source(backend, model, options),
            model,
            options,
            scores -> best(softmax(scores)));
  }

  private static RowSource source(Backend backend, TrainedModel model, ClassifierOptions options) {
    BatchOptions batching = options.batching();
    int sessions = options.sessions();
    if (batching == null) {
      return new PooledRows(model.network(backend, options.inference()), sessions);
    }
    BatchedNetwork network =
        new BatchedNetwork(
            batch -> model.network(backend, options.inference().withBatch(batch)),
            sessions,
            batching);
    // A call of many images must not fill the queue by itself.
    int runs = Math.min(2 * sessions * batching.largest(), batching.queue());
    return new BatchedRows(network, runs);
  }

  /** A classifier with the default options. */
  public static Classifier open(Backend backend, String network, Path weights) throws IOException {
    return open(backend, network, weights, ClassifierOptions.DEFAULT);
  }

  /**
   * Reads weights, and compiles their network.
   *
   * @param network its name, as {@link Networks#named} takes it
   * @param weights a file of any format that {@link dev.residual.io.weights.WeightFile} reads
   * @throws IOException in one line naming the file, if it cannot be read, or does not fit
   * @throws IllegalArgumentException if there is no such network, or not one label for each class
   * @throws dev.residual.engine.UnsupportedOpException if the backend lacks an operation on this
   *     processor, as in bf16 or 8-bit integers
   */
  public static Classifier open(
      Backend backend, String network, Path weights, ClassifierOptions options) throws IOException {
    return new Classifier(backend, TrainedModel.read(Networks.named(network), weights), options);
  }

  private static Labels labels(TrainedModel model, ClassifierOptions options) throws IOException {
    int classes = model.architecture().classes();
    List<String> given = options.labels();
    if (given != null) {
      if (given.size() != classes) {
        throw new IllegalArgumentException(
            "%d labels are given, but the network has %d classes".formatted(given.size(), classes));
      }
      return new Labels(given, List.of());
    }
    Path file = options.labelFile();
    return file == null ? Labels.of(model) : Labels.read(file, classes);
  }

  /** The network and its weights. */
  public TrainedModel model() {
    return model;
  }

  /** The names of all classes, by number. */
  public List<String> labels() {
    return labels.names();
  }

  /** What a user may not have expected of weights and labels, a line each; empty if nothing. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>(model.notes());
    notes.addAll(labels.notes());
    return notes;
  }

  /**
   * The classes of the image in a file.
   *
   * @throws IOException naming the file, if it is no image, as {@link ImageFile#read(Path)} tells
   */
  public List<Prediction> classify(Path image) throws IOException {
    return classify(ImageFile.read(image, options.orientation()));
  }

  /**
   * The classes of the image that is the content of a file.
   *
   * @throws IOException if it is no image, as {@link ImageFile#decode(String, byte[])} tells
   */
  public List<Prediction> classify(byte[] image) throws IOException {
    return classify(ImageFile.decode("image", image, options.orientation()));
  }

  /**
   * The classes of an image of any size.
   *
   * @throws IllegalArgumentException if the transform does not give the network's size
   */
  public List<Prediction> classify(Pixels image) {
    return pipeline.images(List.of(image)).getFirst();
  }

  /**
   * The classes of the images in files, in their order, read while others are computed.
   *
   * @throws IOException naming the first file that is no image
   */
  public List<List<Prediction>> classifyFiles(List<Path> images) throws IOException {
    return pipeline.files(images);
  }

  /**
   * The classes of images of any size, in their order.
   *
   * @throws IllegalArgumentException if the transform does not give the network's size
   */
  public List<List<Prediction>> classifyImages(List<Pixels> images) {
    return pipeline.images(images);
  }

  /**
   * The classes of images that are of the network's size and scaled already, in their order.
   *
   * @param images n c h w of {@link DType#F32}, as many as there are
   * @throws IllegalArgumentException if they are not
   */
  public List<List<Prediction>> classify(Tensor images) {
    return pipeline.tensor(images);
  }

  /**
   * The classes of images in memory of any kind, in their order.
   *
   * @param images of {@link DType#F32}, of the network's size and scaled already, as many as there
   *     are
   * @param layout the order of each image: c h w, or h w c, which need not be transposed
   * @throws IllegalArgumentException unless they are whole images, at least one
   */
  public List<List<Prediction>> classify(MemorySegment images, Layout layout) {
    return pipeline.memory(images, layout);
  }

  /** Waits for what is being computed, and frees everything. Closing again does nothing. */
  @Override
  public void close() {
    pipeline.close();
  }

  private List<Prediction> best(double[] probabilities) {
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < probabilities.length; i++) {
      predictions.add(new Prediction(labels.names().get(i), i, probabilities[i]));
    }
    predictions.sort((a, b) -> Double.compare(b.probability(), a.probability()));
    return List.copyOf(predictions.subList(0, Math.min(options.best(), predictions.size())));
  }

  private static double[] softmax(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double[] result = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      result[i] = Math.exp(logits[i] - max);
      sum += result[i];
    }
    for (int i = 0; i < logits.length; i++) {
      result[i] /= sum;
    }
    return result;
  }
}
