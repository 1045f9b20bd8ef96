package dev.residual.io;

import dev.residual.engine.Backend;
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
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A network that turns images into rows of numbers, by which images that show the same are near to
 * each other: files, bytes, pixels or tensors in, a row for each image out.
 *
 * <p>A row holds the elements of one value of the network, row-major: what its classifier reads, or
 * the value that the {@linkplain EmbedderOptions options} name. That may be any value that the
 * network computes before batch norms are folded and operations fused, such as {@code
 * layer3.1.relu} of {@code resnet18}; what comes after it is not computed. By default rows have the
 * length 1, so that their dot product is the cosine of the angle between them. {@link
 * QuantizedVector} makes 8-bit integers of a row.
 *
 * <p>Threads, batches and {@link #close} are as for a {@link Classifier}. The weights can be
 * {@linkplain #replace(TrainedModel) replaced} meanwhile: each call computes all its rows with the
 * weights that it began with.
 */
public final class Embedder implements AutoCloseable {
  private final Backend backend;
  private final EmbedderOptions options;

  /** Replacing and closing exclude each other. */
  private final Object lock = new Object();

  /** The current one, and those replaced that calls still use. */
  private final Set<EmbeddingModel> open = ConcurrentHashMap.newKeySet();

  private volatile EmbeddingModel current;
  private volatile boolean closed;

  /**
   * Compiles a network with its weights.
   *
   * @throws IllegalArgumentException if the network computes no value of that name, where the
   *     message suggests others; if none is named, and it has no linear layer; or if the transform
   *     refuses an image of 331x487
   * @throws dev.residual.engine.UnsupportedOpException if the backend lacks an operation on this
   *     processor, as in bf16 or 8-bit integers
   */
  public Embedder(Backend backend, TrainedModel model, EmbedderOptions options) {
    this.backend = backend;
    this.options = options;
    current = EmbeddingModel.compile(backend, model, options, open);
  }

  /** An embedder with the default options. */
  public static Embedder open(Backend backend, String network, Path weights) throws IOException {
    return open(backend, network, weights, EmbedderOptions.DEFAULT);
  }

  /**
   * Reads weights, and compiles their network.
   *
   * @param network its name, as {@link Networks#named} takes it
   * @param weights a file of any format that {@link dev.residual.io.weights.WeightFile} reads
   * @throws IOException in one line naming the file, if it cannot be read, or does not fit
   * @throws IllegalArgumentException if there is no such network, or value of it
   * @throws dev.residual.engine.UnsupportedOpException if the backend lacks an operation on this
   *     processor, as in bf16 or 8-bit integers
   */
  public static Embedder open(
      Backend backend, String network, Path weights, EmbedderOptions options) throws IOException {
    return new Embedder(backend, TrainedModel.read(Networks.named(network), weights), options);
  }

  /** The network and its weights. */
  public TrainedModel model() {
    return current.model();
  }

  /** The numbers of a row. */
  public int dimension() {
    return current.pipeline().rowSize();
  }

  /**
   * A hash of what rows depend on, in 64 hexadecimal digits: the network's name, the value and the
   * weights that it needs, the transform, orientation and scaling of images, and the normalisation.
   * Rows of equal hashes can be compared, and differ only by the rounding of backend, precision and
   * batch.
   *
   * <p>It is SHA-256, the same in every process and on every machine. A transform takes part by
   * what it makes of one fixed image. Rows that were computed between two equal hashes have that
   * hash.
   */
  public String hash() {
    return current.hash();
  }

  /**
   * The row of the image in a file.
   *
   * @throws IOException naming the file, if it is no image, as {@link ImageFile#read(Path)} tells
   */
  public float[] embed(Path image) throws IOException {
    return embed(ImageFile.read(image, options.orientation()));
  }

  /**
   * The row of the image that is the content of a file.
   *
   * @throws IOException if it is no image, as {@link ImageFile#decode(String, byte[])} tells
   */
  public float[] embed(byte[] image) throws IOException {
    return embed(ImageFile.decode("image", image, options.orientation()));
  }

  /**
   * The row of an image of any size.
   *
   * @throws IllegalArgumentException if the transform does not give the network's size
   */
  public float[] embed(Pixels image) {
    return embedImages(List.of(image)).getFirst();
  }

  /**
   * The rows of the images in files, in their order, read while others are computed.
   *
   * @throws IOException naming the first file that is no image
   */
  public List<float[]> embedFiles(List<Path> images) throws IOException {
    EmbeddingModel model = enter();
    try {
      return model.pipeline().files(images);
    } finally {
      model.leave();
    }
  }

  /**
   * The rows of images of any size, in their order.
   *
   * @throws IllegalArgumentException if the transform does not give the network's size
   */
  public List<float[]> embedImages(List<Pixels> images) {
    EmbeddingModel model = enter();
    try {
      return model.pipeline().images(images);
    } finally {
      model.leave();
    }
  }

  /**
   * The rows of images that are of the network's size and scaled already, in their order.
   *
   * @param images n c h w of {@link DType#F32}, as many as there are
   * @throws IllegalArgumentException if they are not
   */
  public List<float[]> embed(Tensor images) {
    EmbeddingModel model = enter();
    try {
      return model.pipeline().tensor(images);
    } finally {
      model.leave();
    }
  }

  /**
   * The rows of images in memory of any kind, in their order.
   *
   * @param images of {@link DType#F32}, of the network's size and scaled already, as many as there
   *     are
   * @param layout the order of each image: c h w, or h w c, which need not be transposed
   * @throws IllegalArgumentException unless they are whole images, at least one
   */
  public List<float[]> embed(MemorySegment images, Layout layout) {
    EmbeddingModel model = enter();
    try {
      return model.pipeline().memory(images, layout);
    } finally {
      model.leave();
    }
  }

  private EmbeddingModel enter() {
    while (!closed) {
      EmbeddingModel model = current;
      if (model.enter()) {
        return model;
      }
    }
    throw closed();
  }

  private static IllegalStateException closed() {
    return new IllegalStateException("the embedder is closed");
  }

  /**
   * Replaces the weights by those of a file for the same network, as the other method does.
   *
   * @throws IOException in one line naming the file, if it cannot be read, or does not fit
   */
  public void replace(Path weights) throws IOException {
    replace(TrainedModel.read(model().architecture(), weights));
  }

  /**
   * Replaces the weights, and with them the scaling of images. Calls that have begun end with the
   * weights they began with; calls that begin after this has returned use the new ones. No call
   * waits or fails. Until the last call with the old weights ends, memory holds both.
   *
   * @throws IllegalArgumentException if rows would have another dimension, or as the constructor;
   *     then all stays as it was
   * @throws IllegalStateException if the embedder is closed
   */
  public void replace(TrainedModel model) {
    synchronized (lock) {
      if (closed) {
        throw closed();
      }
      EmbeddingModel next = EmbeddingModel.compile(backend, model, options, open);
      int dimension = next.pipeline().rowSize();
      if (dimension != dimension()) {
        next.close();
        throw new IllegalArgumentException(
            "rows of %s have %d numbers, those before had %d"
                .formatted(model.file(), dimension, dimension()));
      }
      EmbeddingModel previous = current;
      current = next;
      previous.retire();
    }
  }

  /** Waits for what is being computed, and frees everything. Closing again does nothing. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      open.forEach(EmbeddingModel::close);
    }
  }
}
