package dev.residual.io;

import dev.residual.engine.CompileOptions;
import dev.residual.inference.InferenceOptions;
import dev.residual.io.images.Transform;
import dev.residual.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a classifier.
 *
 * @param inference the images of a run, threads and precision
 * @param sessions how many runs are computed at the same time, at least 1
 * @param best the number of classes to give for an image, at least 1; all, where there are fewer
 * @param transform what brings an image to the network's size; null for that of the weights
 * @param labels the names of all classes; null for those of the weights
 * @param labelFile a file that names them, as {@link Labels#read} takes it, where labels is null
 */
public record ClassifierOptions(
    InferenceOptions inference,
    int sessions,
    int best,
    @Nullable Transform transform,
    @Nullable List<String> labels,
    @Nullable Path labelFile) {
  /** The five best classes, one image a run, one run at a time with all threads, F32. */
  public static final ClassifierOptions DEFAULT =
      new ClassifierOptions(InferenceOptions.DEFAULT, 1, 5, null, null, null);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if sessions or best are below 1
   */
  public ClassifierOptions {
    if (sessions < 1 || best < 1) {
      throw new IllegalArgumentException(
          "%d sessions, the %d best classes: each must be at least 1".formatted(sessions, best));
    }
    labels = labels == null ? null : List.copyOf(labels);
  }

  /** These settings with another number of images of a run. A run of fewer images takes as long. */
  public ClassifierOptions withBatch(int batch) {
    return withInference(inference.withBatch(batch));
  }

  /** These settings with another number of threads inside an operation. */
  public ClassifierOptions withThreads(int threads) {
    return withInference(inference.withThreads(threads));
  }

  /** These settings with another type of activations. */
  public ClassifierOptions withPrecision(DType precision) {
    return withInference(inference.withPrecision(precision));
  }

  /** These settings with others of the network. */
  public ClassifierOptions withInference(InferenceOptions other) {
    return new ClassifierOptions(other, sessions, best, transform, labels, labelFile);
  }

  /**
   * These settings for so many runs at the same time, for the most images in a second: the
   * container's threads are shared out among them.
   */
  public ClassifierOptions withSessions(int other) {
    int threads = Math.max(1, CompileOptions.DEFAULT.threads() / Math.max(1, other));
    return new ClassifierOptions(
        inference.withThreads(threads), other, best, transform, labels, labelFile);
  }

  /** These settings with another number of classes to give for an image. */
  public ClassifierOptions withBest(int other) {
    return new ClassifierOptions(inference, sessions, other, transform, labels, labelFile);
  }

  /** These settings with another way to bring images to the network's size. */
  public ClassifierOptions withTransform(Transform other) {
    return new ClassifierOptions(inference, sessions, best, other, labels, labelFile);
  }

  /** These settings with other names of all classes. */
  public ClassifierOptions withLabels(List<String> other) {
    return new ClassifierOptions(inference, sessions, best, transform, other, null);
  }

  /** These settings with the names of all classes that a file gives. */
  public ClassifierOptions withLabels(Path file) {
    return new ClassifierOptions(inference, sessions, best, transform, null, file);
  }
}
