package dev.residual.io.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.io.files.FileErrors;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.SplitMix;
import dev.residual.io.images.Transform;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** The images of one epoch in their order, each written to its place in a batch. */
public final class ImageWriter {
  /** Keeps the chance of the order apart from that of the images. */
  private static final long ORDER = -1;

  private final DataSet set;
  private final Transform transform;
  private final LoaderOptions options;
  private final int height;
  private final int width;
  private final int epoch;
  private final int[] order;

  ImageWriter(DataSet set, Transform transform, LoaderOptions options, Shape shape, int epoch) {
    this.set = set;
    this.transform = transform;
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

  /** Writes the image at a position of the order, and its label, to place {@code n} of a batch. */
  void write(int position, MemorySegment images, MemorySegment labels, int n) throws IOException {
    int index = order[position];
    Pixels source = set.image(index);
    Pixels image;
    try {
      image = transform.apply(source, new SplitMix(options.seed(), epoch, index));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name(index) + ": " + e.getMessage(), e);
    }
    if (image.height() != height || image.width() != width) {
      throw new IllegalArgumentException(
          "%s has %d x %d pixels and the first image %d x %d: a transform such as"
                  .formatted(name(index), image.width(), image.height(), width, height)
              + " resize256-crop224 makes them equal");
    }
    options.normalization().write(image, images, 3L * height * width * n);
    labels.setAtIndex(JAVA_INT, n, set.label(index));
  }

  private String name(int index) {
    return FileErrors.printable(set.name(index));
  }
}
