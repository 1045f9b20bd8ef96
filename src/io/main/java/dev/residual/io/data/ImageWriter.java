package dev.residual.io.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.io.files.FileErrors;
import dev.residual.io.images.Erasure;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Preprocessing;
import dev.residual.io.images.SplitMix;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The images of one epoch in their order, each written to its place in a batch. */
public final class ImageWriter {
  // Keep other chance apart from that of images.
  private static final long ORDER = -1;
  private static final long FLIPS = -2;
  private static final long MIXING = -3;

  private final DataSet set;
  private final Preprocessing preprocessing;
  private final LoaderOptions options;
  private final int height;
  private final int width;
  private final int epoch;
  private final int[] order;

  ImageWriter(
      DataSet set, Preprocessing preprocessing, LoaderOptions options, Shape shape, int epoch) {
    this.set = set;
    this.preprocessing = preprocessing;
    this.options = options;
    this.height = shape.dim(2);
    this.width = shape.dim(3);
    this.epoch = epoch;
    this.order = order(set.size());
  }

  private int[] order(int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
    if (options.training()) {
      SplitMix random = new SplitMix(options.seed(), epoch, ORDER);
      for (int i = size - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
      }
    }
    return order;
  }

  /** Writes the image at a position of the epoch, and its label, to place {@code n} of a batch. */
  void write(int position, MemorySegment images, MemorySegment labels, int n) throws IOException {
    int copy = copy(position);
    int index = order[place(position, copy)];
    SplitMix random =
        copy == 0
            ? new SplitMix(options.seed(), epoch, index)
            : new SplitMix(options.seed(), epoch, index, copy);
    Pixels source = set.image(index);
    Pixels image;
    try {
      image = preprocessing.transform().apply(source, random);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name(index) + ": " + e.getMessage(), e);
    }
    if (image.height() != height || image.width() != width) {
      throw new IllegalArgumentException(
          "%s has %d x %d pixels and the first image %d x %d: a transform such as"
                  .formatted(name(index), image.width(), image.height(), width, height)
              + " resize256-crop224 makes them equal");
    }
    long first = 3L * height * width * n;
    if (preprocessing.alternatingFlip() && isMirrored(index, copy)) {
      options.normalization().writeMirrored(image, images, first);
    } else {
      options.normalization().write(image, images, first);
    }
    for (Erasure erasure : preprocessing.erasures()) {
      erasure.apply(images, first, height, width, random);
    }
    labels.setAtIndex(JAVA_INT, n, set.label(index));
  }

  /** Which of the copies of an image: a batch has the first of all its images, then the second. */
  private int copy(int position) {
    return position % options.batch() / (options.batch() / preprocessing.copies());
  }

  /** The place in the order. */
  private int place(int position, int copy) {
    int images = options.batch() / preprocessing.copies();
    return options.share().batch(position / options.batch()) * images
        + position % options.batch()
        - copy * images;
  }

  private boolean isMirrored(int index, int copy) {
    boolean first = new SplitMix(options.seed(), FLIPS, index).nextBoolean();
    return first ^ ((epoch + copy) & 1) != 0;
  }

  /** What mixes the images of a batch; null if it is not mixed. */
  @Nullable Mixture mixture(int batch) {
    return Mixture.draw(
        preprocessing.mixing(),
        height,
        width,
        new SplitMix(options.seed(), epoch, MIXING, options.share().batch(batch)));
  }

  private String name(int index) {
    return FileErrors.printable(set.name(index));
  }
}
