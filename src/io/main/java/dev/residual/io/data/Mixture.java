package dev.residual.io.data;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.io.images.Mixing;
import dev.residual.train.Batch;
import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How the images of a batch are mixed, each with the one before it and the first with the last, as
 * torchvision's {@code MixUp} and {@code CutMix} do it.
 *
 * @param top the first row of the rectangle that is mixed
 * @param left its first column
 * @param bottom the end of its rows
 * @param right the end of its columns
 * @param weight of the image itself in the rectangle
 * @param share of its class in the targets
 */
record Mixture(int top, int left, int bottom, int right, double weight, double share) {

  /** Sums with this weight of the image itself. */
  static Mixture mixup(double weight, int height, int width) {
    return new Mixture(0, 0, height, width, weight, weight);
  }

  /** A rectangle around a pixel of the other image, its area 1 - share if it fits in. */
  static Mixture cutmix(double share, int y, int x, int height, int width) {
    double half = 0.5 * Math.sqrt(1 - share);
    int halfHeight = (int) (half * height);
    int halfWidth = (int) (half * width);
    int top = Math.max(0, y - halfHeight);
    int left = Math.max(0, x - halfWidth);
    int bottom = Math.min(height, y + halfHeight);
    int right = Math.min(width, x + halfWidth);
    double area = (double) ((bottom - top) * (right - left)) / (height * width);
    return new Mixture(top, left, bottom, right, 0, 1 - area);
  }

  /** One by chance; null for {@link Mixing#NONE}. */
  static @Nullable Mixture draw(Mixing mixing, int height, int width, RandomGenerator random) {
    if (mixing.isNone()) {
      return null;
    }
    boolean cut = mixing.mixup() == 0 || (mixing.cutmix() > 0 && random.nextBoolean());
    double share = SymmetricBeta.sample(cut ? mixing.cutmix() : mixing.mixup(), random);
    return cut
        ? cutmix(share, random.nextInt(height), random.nextInt(width), height, width)
        : mixup(share, height, width);
  }

  /**
   * Mixes a batch and writes its targets. The label of an image becomes that of the larger share.
   *
   * @param batch a full one with targets, channels last
   * @param width the number of pixels of a row
   */
  void apply(Batch batch, int width) {
    MemorySegment images = batch.images();
    int n = batch.count();
    int image = (int) (images.byteSize() / 4 / n);
    // From the last to the first: each needs the one before it as it was.
    float[] last = images.asSlice((n - 1) * 4L * image, 4L * image).toArray(JAVA_FLOAT);
    MemorySegment saved = MemorySegment.ofArray(last);
    for (int i = n - 1; i >= 0; i--) {
      MemorySegment other = i > 0 ? images.asSlice((i - 1) * 4L * image, 4L * image) : saved;
      mix(images.asSlice(i * 4L * image, 4L * image), other, 3 * width);
    }
    mixLabels(batch);
  }

  private void mix(MemorySegment image, MemorySegment other, int row) {
    int count = 3 * (right - left);
    for (int y = top; y < bottom; y++) {
      int first = y * row + 3 * left;
      if (weight == 0) {
        MemorySegment.copy(other, 4L * first, image, 4L * first, 4L * count);
      } else {
        add(image, other, first, first + count);
      }
    }
  }

  private void add(MemorySegment image, MemorySegment other, int first, int end) {
    float own = (float) weight;
    float others = (float) (1 - weight);
    for (int i = first; i < end; i++) {
      float sum = other.getAtIndex(JAVA_FLOAT, i) * others + image.getAtIndex(JAVA_FLOAT, i) * own;
      image.setAtIndex(JAVA_FLOAT, i, sum);
    }
  }

  private void mixLabels(Batch batch) {
    MemorySegment targets = batch.targets();
    if (targets == null) {
      throw new IllegalArgumentException("a batch without targets, expected some to write");
    }
    MemorySegment labels = batch.labels();
    int n = batch.count();
    int classes = (int) (targets.byteSize() / 4 / n);
    targets.fill((byte) 0);
    int last = labels.getAtIndex(JAVA_INT, n - 1);
    for (int i = n - 1; i >= 0; i--) {
      int own = labels.getAtIndex(JAVA_INT, i);
      int other = i > 0 ? labels.getAtIndex(JAVA_INT, i - 1) : last;
      long row = (long) i * classes;
      targets.setAtIndex(JAVA_FLOAT, row + other, (float) (1 - share));
      float before = targets.getAtIndex(JAVA_FLOAT, row + own);
      targets.setAtIndex(JAVA_FLOAT, row + own, before + (float) share);
      labels.setAtIndex(JAVA_INT, i, share >= 0.5 ? own : other);
    }
  }
}
