package dev.residual.io;

import dev.residual.engine.BatchOptions;
import dev.residual.inference.InferenceOptions;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Transform;
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
 * @param orientation whether images in files are turned as their EXIF data say
 * @param labels the names of all classes; null for those of the weights
 * @param labelFile a file that names them, as {@link Labels#read} takes it, where labels is null
 * @param batching how the images of several calls are computed together; null where they are not
 */
public record ClassifierOptions(
    InferenceOptions inference,
    int sessions,
    int best,
    @Nullable Transform transform,
    Orientation orientation,
    @Nullable List<String> labels,
    @Nullable Path labelFile,
    @Nullable BatchOptions batching)
    implements SessionOptions<ClassifierOptions> {
  /** The five best classes, one image a run, one run at a time with all threads, F32. */
  public static final ClassifierOptions DEFAULT =
      new ClassifierOptions(
          InferenceOptions.DEFAULT, 1, 5, null, Orientation.STORED, null, null, null);

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

  @Override
  public ClassifierOptions with(InferenceOptions otherInference, int otherSessions) {
    return new ClassifierOptions(
        otherInference, otherSessions, best, transform, orientation, labels, labelFile, batching);
  }

  /** These settings with another number of classes to give for an image. */
  public ClassifierOptions withBest(int other) {
    return new ClassifierOptions(
        inference, sessions, other, transform, orientation, labels, labelFile, batching);
  }

  @Override
  public ClassifierOptions withTransform(Transform other) {
    return new ClassifierOptions(
        inference, sessions, best, other, orientation, labels, labelFile, batching);
  }

  @Override
  public ClassifierOptions withOrientation(Orientation other) {
    return new ClassifierOptions(
        inference, sessions, best, transform, other, labels, labelFile, batching);
  }

  /** These settings with other names of all classes. */
  public ClassifierOptions withLabels(List<String> other) {
    return new ClassifierOptions(
        inference, sessions, best, transform, orientation, other, null, batching);
  }

  /** These settings with the names of all classes that a file gives. */
  public ClassifierOptions withLabels(Path file) {
    return new ClassifierOptions(
        inference, sessions, best, transform, orientation, null, file, batching);
  }

  /**
   * These settings with the images of calls at the same time computed together. Their largest batch
   * replaces the images of a run.
   */
  public ClassifierOptions withBatching(BatchOptions other) {
    return new ClassifierOptions(
        inference, sessions, best, transform, orientation, labels, labelFile, other);
  }
}
