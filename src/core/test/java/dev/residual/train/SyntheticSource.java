package dev.residual.train;

import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Batches of noise in which the class shows: channel {@code label} of an image is brighter. They
 * depend on seed, epoch and number alone.
 */
public final class SyntheticSource implements BatchSource {
  private final long seed;
  private final int images;
  private final Shape shape;
  private final int batches;
  private int poisoned = -1;
  private int wrong = -1;

  public SyntheticSource(long seed, int images, int batch) {
    this.seed = seed;
    this.images = images;
    this.shape = TinyNetwork.shape(batch);
    this.batches = Math.ceilDiv(images, batch);
  }

  /** Puts an infinite pixel into a batch of each epoch. */
  public SyntheticSource poison(int batch) {
    poisoned = batch;
    return this;
  }

  /** Gives the first image of each batch this label. */
  SyntheticSource mislabel(int label) {
    wrong = label;
    return this;
  }

  @Override
  public int images() {
    return images;
  }

  @Override
  public int batches() {
    return batches;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public int classes() {
    return TinyNetwork.CLASSES;
  }

  @Override
  public Batches epoch(int epoch, int firstBatch) {
    return new Batches() {
      private int next = firstBatch;

      @Override
      public @Nullable Batch next() {
        return next == batches ? null : batch(epoch, next++);
      }

      @Override
      public void close() {}
    };
  }

  public Batch batch(int epoch, int number) {
    int size = shape.dim(0);
    int count = Math.min(size, images - number * size);
    int area = shape.dim(2) * shape.dim(3);
    float[] pixels = new float[(int) shape.elements()];
    int[] labels = new int[size];
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + epoch * 1009L + number);
    for (int i = 0; i < count; i++) {
      labels[i] = random.nextInt(TinyNetwork.CLASSES);
      for (int c = 0; c < 3; c++) {
        for (int p = 0; p < area; p++) {
          pixels[(i * 3 + c) * area + p] =
              (float) (random.nextGaussian() + (c == labels[i] ? 1 : 0));
        }
      }
    }
    if (number == poisoned) {
      pixels[0] = Float.POSITIVE_INFINITY;
    }
    if (wrong >= 0) {
      labels[0] = wrong;
    }
    return new Batch(
        MemorySegment.ofArray(pixels), Layout.ROW_MAJOR, MemorySegment.ofArray(labels), count);
  }
}
