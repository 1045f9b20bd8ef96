package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import dev.residual.io.images.Preprocessing;
import dev.residual.io.images.SplitMix;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.io.images.Views;
import dev.residual.tensor.Shape;
import dev.residual.train.BatchSource;
import dev.residual.train.Batches;
import java.io.IOException;

/**
 * A supplier of batches from a data set: threads read, decode and transform images ahead of use.
 *
 * <p>Images are {@code F32}, channels last, in a ring of off-heap batches that lives as long as the
 * epoch that was asked for. Order and augmentation are functions of seed, epoch and image alone.
 * The loader does not own the data set, which must stay open while epochs are under way. Epochs are
 * independent of each other and may be read by different threads; one epoch serves one thread.
 *
 * <p>An image that cannot be read or decoded ends the epoch: {@link Batches#next} throws an {@link
 * java.io.UncheckedIOException} naming the file, after the batches before it. An image whose size
 * after transformation differs from the first one's is an {@link IllegalArgumentException}.
 */
public final class Loader implements BatchSource {
  private final DataSet set;
  private final Preprocessing preprocessing;
  private final LoaderOptions options;
  private final Shape shape;

  /**
   * A loader of these images, the first of which is read to learn the shape of batches.
   *
   * @throws IOException if the first image cannot be read
   * @throws IllegalArgumentException if training is asked for, and there are fewer images than a
   *     batch holds
   */
  public Loader(DataSet set, Transform transform, LoaderOptions options) throws IOException {
    this(set, Preprocessing.of(transform), options);
  }

  /**
   * A loader of these images, as the other constructor makes it.
   *
   * @throws IllegalArgumentException also if there are copies that do not fill a batch, or there
   *     are copies or mixing without training
   */
  public Loader(DataSet set, Preprocessing preprocessing, LoaderOptions options)
      throws IOException {
    long together = (long) options.batch() * options.share().processes();
    if (options.training() && set.size() < together) {
      throw new IllegalArgumentException(
          "a batch of %d images is more than the %d images that there are for training"
              .formatted(together, set.size()));
    }
    options.requireFitting(preprocessing);
    this.set =
        options.cacheBytes() > 0 && !(set instanceof CachedDataSet)
            ? new CachedDataSet(set, options.cacheBytes())
            : set;
    this.preprocessing = preprocessing;
    this.options = options;
    Pixels first = preprocessing.transform().apply(this.set.image(0), new SplitMix(options.seed()));
    shape = Shape.of(options.batch(), 3, first.height(), first.width());
  }

  /**
   * A loader of the same images that does other things to them, as to bring them to another size.
   * Both share the images that are kept in memory.
   *
   * @throws IOException if the first image cannot be read
   * @throws IllegalArgumentException as the constructor
   */
  public Loader with(Preprocessing other) throws IOException {
    return new Loader(set, other, options);
  }

  /**
   * A loader of several views of each image, those of one image after each other. Both share the
   * images that are kept in memory.
   *
   * @throws IOException if the first image cannot be read
   * @throws IllegalArgumentException if this loader is for training
   */
  public Loader views(Views views) throws IOException {
    if (options.training()) {
      throw new IllegalArgumentException("views of images are for evaluation alone");
    }
    return new Loader(new ViewedImages(set, views), Transforms.none(), options.withCacheBytes(0));
  }

  @Override
  public int images() {
    return options.training() ? batches() * options.batch() : set.size();
  }

  @Override
  public int batches() {
    return options.training()
        ? set.size() / (options.batch() * options.share().processes())
        : Math.ceilDiv(set.size(), options.batch());
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public int classes() {
    return set.classes().size();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the epoch is negative, or there is no such batch; one after
   *     the last is allowed and gives none
   */
  @Override
  public Batches epoch(int epoch, int firstBatch) {
    if (epoch < 0 || firstBatch < 0 || firstBatch > batches()) {
      throw new IllegalArgumentException(
          "epoch %d, first batch %d: expected an epoch from 0 and a batch from 0 to %d"
              .formatted(epoch, firstBatch, batches()));
    }
    ImageWriter writer = new ImageWriter(set, preprocessing, options, shape, epoch);
    int targets = preprocessing.mixing().isNone() ? 0 : classes();
    return LoadedBatches.start(writer, shape, targets, images(), firstBatch, options.threads());
  }
}
