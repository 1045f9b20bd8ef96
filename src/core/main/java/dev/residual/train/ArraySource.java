package dev.residual.train;

import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A supplier of batches from arrays: all images in one, their classes in another.
 *
 * <p>For training, each epoch is shuffled by seed and number, and images at its end that fill no
 * batch are left out; for evaluation, images come in their order, and the last batch is filled up
 * with zeros. The arrays are not copied: they must not change while an epoch is under way. Epochs
 * are independent of each other and may be read by different threads; one epoch serves one thread.
 */
public final class ArraySource implements BatchSource {
  private final float[] images;
  private final Layout layout;
  private final int[] labels;
  private final int classes;
  private final Shape shape;
  private final boolean training;
  private final long seed;

  private ArraySource(
      float[] images,
      Layout layout,
      int[] labels,
      int classes,
      Shape shape,
      boolean training,
      long seed) {
    if (shape.rank() != 4) {
      throw new IllegalArgumentException("batches of " + shape + ": expected n c h w");
    }
    int size = Math.toIntExact(shape.elements() / shape.dim(0));
    if (labels.length == 0 || images.length != (long) labels.length * size) {
      throw new IllegalArgumentException(
          "%d elements of images and %d labels for batches of %s: expected %d elements for each label"
              .formatted(images.length, labels.length, shape, size));
    }
    if (training && labels.length < shape.dim(0)) {
      throw new IllegalArgumentException(
          "a batch of %d images is more than the %d images that there are for training"
              .formatted(shape.dim(0), labels.length));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new IllegalArgumentException(
            "label %d of image %d: there are classes 0 to %d".formatted(labels[i], i, classes - 1));
      }
    }
    this.images = images;
    this.layout = layout;
    this.labels = labels;
    this.classes = classes;
    this.shape = shape;
    this.training = training;
    this.seed = seed;
  }

  /**
   * Batches for training.
   *
   * @param images the elements of all images, one image after the other
   * @param layout the order of the elements: c h w or h w c within an image
   * @param labels the class of each image, from 0
   * @param classes the number of classes
   * @param shape of a batch, n c h w
   * @param seed the origin of the orders
   * @throws IllegalArgumentException if images, labels and shape do not fit, a label is no class,
   *     or there are fewer images than a batch holds
   */
  public static ArraySource training(
      float[] images, Layout layout, int[] labels, int classes, Shape shape, long seed) {
    return new ArraySource(images, layout, labels, classes, shape, true, seed);
  }

  /**
   * Batches for evaluation, as {@link #training} takes them, in the order of the arrays.
   *
   * @throws IllegalArgumentException if images, labels and shape do not fit, or a label is no class
   */
  public static ArraySource evaluation(
      float[] images, Layout layout, int[] labels, int classes, Shape shape) {
    return new ArraySource(images, layout, labels, classes, shape, false, 0);
  }

  @Override
  public int images() {
    return training ? batches() * shape.dim(0) : labels.length;
  }

  @Override
  public int batches() {
    return training ? labels.length / shape.dim(0) : Math.ceilDiv(labels.length, shape.dim(0));
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public int classes() {
    return classes;
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
    return new Epoch(order(epoch), firstBatch);
  }

  /** The numbers of the images in the order of an epoch (Fisher and Yates). */
  private int[] order(int epoch) {
    int[] order = IntStream.range(0, labels.length).toArray();
    if (training) {
      SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + epoch);
      for (int i = order.length - 1; i > 0; i--) {
        int other = random.nextInt(i + 1);
        int image = order[i];
        order[i] = order[other];
        order[other] = image;
      }
    }
    return order;
  }

  private final class Epoch implements Batches {
    private final int[] order;
    private final float[] pixels = new float[Math.toIntExact(shape.elements())];
    private final int[] classes = new int[shape.dim(0)];
    private int next;

    Epoch(int[] order, int firstBatch) {
      this.order = order;
      this.next = firstBatch;
    }

    @Override
    public @Nullable Batch next() {
      if (next == batches()) {
        return null;
      }
      int first = next++ * classes.length;
      int count = Math.min(classes.length, order.length - first);
      int size = pixels.length / classes.length;
      for (int i = 0; i < count; i++) {
        int image = order[first + i];
        System.arraycopy(images, image * size, pixels, i * size, size);
        classes[i] = labels[image];
      }
      Arrays.fill(pixels, count * size, pixels.length, 0);
      Arrays.fill(classes, count, classes.length, 0);
      return new Batch(
          MemorySegment.ofArray(pixels), layout, MemorySegment.ofArray(classes), count);
    }

    @Override
    public void close() {}
  }
}
