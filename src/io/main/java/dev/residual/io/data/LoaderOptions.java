package dev.residual.io.data;

import dev.residual.io.images.Normalization;
import dev.residual.io.images.Preprocessing;

/**
 * Settings of a loader.
 *
 * @param batch the number of images of a batch
 * @param training whether to shuffle and to leave out the last batch if it is not full; otherwise
 *     the order is that of the data set, and the last batch is filled up with zeros
 * @param seed the origin of all chance
 * @param threads the number of threads that load
 * @param cacheBytes how much memory images may take that are kept for later epochs
 * @param normalization the scaling of colours
 * @param share the part of the images that this process takes in training
 */
public record LoaderOptions(
    int batch,
    boolean training,
    long seed,
    int threads,
    long cacheBytes,
    Normalization normalization,
    Share share) {
  private static final long DEFAULT_CACHE = 1L << 30;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if batch or threads are below 1, or cacheBytes below 0
   */
  public LoaderOptions {
    if (batch < 1) {
      throw new IllegalArgumentException("batch is " + batch + ", it must be at least 1");
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + ", it must be at least 1");
    }
    if (cacheBytes < 0) {
      throw new IllegalArgumentException("cacheBytes is " + cacheBytes + ", it is negative");
    }
  }

  /**
   * Settings for training: seed 0, as many threads as the container may use, at most 1 GiB or a
   * quarter of the heap for images, ImageNet's scaling.
   */
  public static LoaderOptions training(int batch) {
    return defaults(batch, true);
  }

  /** Settings for evaluation, otherwise as for training. */
  public static LoaderOptions evaluation(int batch) {
    return defaults(batch, false);
  }

  private static LoaderOptions defaults(int batch, boolean training) {
    return new LoaderOptions(
        batch,
        training,
        0,
        Runtime.getRuntime().availableProcessors(),
        Math.min(DEFAULT_CACHE, Runtime.getRuntime().maxMemory() / 4),
        Normalization.IMAGENET,
        Share.ALL);
  }

  /** These settings with another seed. */
  public LoaderOptions withSeed(long other) {
    return new LoaderOptions(batch, training, other, threads, cacheBytes, normalization, share);
  }

  /** These settings with another number of threads. */
  public LoaderOptions withThreads(int other) {
    return new LoaderOptions(batch, training, seed, other, cacheBytes, normalization, share);
  }

  /** These settings with another limit of the memory for images; 0 keeps none. */
  public LoaderOptions withCacheBytes(long other) {
    return new LoaderOptions(batch, training, seed, threads, other, normalization, share);
  }

  /** These settings with another scaling of colours. */
  public LoaderOptions withNormalization(Normalization other) {
    return new LoaderOptions(batch, training, seed, threads, cacheBytes, other, share);
  }

  /** These settings for one of several processes. */
  public LoaderOptions withShare(Share other) {
    return new LoaderOptions(batch, training, seed, threads, cacheBytes, normalization, other);
  }

  /**
   * Checks that a loader of these settings can do this to images.
   *
   * @throws IllegalArgumentException if there are copies that do not fill a batch, or there are
   *     copies or mixing without training
   */
  public void requireFitting(Preprocessing preprocessing) {
    int copies = preprocessing.copies();
    if (batch % copies != 0) {
      throw new IllegalArgumentException(
          "a batch of %d images does not hold %d copies of each: expected a multiple"
              .formatted(batch, copies));
    }
    if (!training && (copies > 1 || !preprocessing.mixing().isNone())) {
      throw new IllegalArgumentException("copies and mixing of images are for training alone");
    }
  }
}
