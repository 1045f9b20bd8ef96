package dev.residual.io;

import dev.residual.engine.CompileOptions;
import dev.residual.inference.InferenceOptions;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Transform;
import dev.residual.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * Settings of how images are computed: the network's, and how many runs at the same time.
 *
 * @param <T> the settings that these are part of
 */
public sealed interface SessionOptions<T extends SessionOptions<T>>
    permits ClassifierOptions, EmbedderOptions {

  /** The images of a run, threads and precision. */
  InferenceOptions inference();

  /** How many runs are computed at the same time. */
  int sessions();

  /** What brings an image to the network's size; null for that of the weights. */
  @Nullable Transform transform();

  /** Whether images in files are turned as their EXIF data say. */
  Orientation orientation();

  /** These settings with others of the network, for so many runs at the same time. */
  T with(InferenceOptions otherInference, int otherSessions);

  /** These settings with another way to bring images to the network's size. */
  T withTransform(Transform other);

  /** These settings with images in files turned as their EXIF data say, or not. */
  T withOrientation(Orientation other);

  /** These settings with others of the network. */
  default T withInference(InferenceOptions other) {
    return with(other, sessions());
  }

  /** These settings with another number of images of a run. A run of fewer images takes as long. */
  default T withBatch(int batch) {
    return withInference(inference().withBatch(batch));
  }

  /** These settings with another number of threads inside an operation. */
  default T withThreads(int threads) {
    return withInference(inference().withThreads(threads));
  }

  /** These settings with another type of activations. */
  default T withPrecision(DType precision) {
    return withInference(inference().withPrecision(precision));
  }

  /**
   * These settings for so many runs at the same time, for the most images in a second: the
   * container's threads are shared out among them.
   */
  default T withSessions(int other) {
    int threads = Math.max(1, CompileOptions.DEFAULT.threads() / Math.max(1, other));
    return with(inference().withThreads(threads), other);
  }
}
