package dev.residual.io;

import dev.residual.inference.InferenceOptions;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Transform;
import org.jspecify.annotations.Nullable;

/**
 * Settings of an embedder.
 *
 * @param inference the images of a run, threads and precision
 * @param sessions how many runs are computed at the same time, at least 1
 * @param transform what brings an image to the network's size; null for that of the weights
 * @param orientation whether images in files are turned as their EXIF data say
 * @param value the name of the value that the rows are taken from; null for what the last linear
 *     layer reads
 * @param normalized whether rows are scaled to the length 1 (L2); a row of zeros stays
 */
public record EmbedderOptions(
    InferenceOptions inference,
    int sessions,
    @Nullable Transform transform,
    Orientation orientation,
    @Nullable String value,
    boolean normalized)
    implements SessionOptions<EmbedderOptions> {
  /** Normalised features of the classifier, one image a run, one run at a time, F32. */
  public static final EmbedderOptions DEFAULT =
      new EmbedderOptions(InferenceOptions.DEFAULT, 1, null, Orientation.STORED, null, true);

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if sessions are below 1
   */
  public EmbedderOptions {
    if (sessions < 1) {
      throw new IllegalArgumentException("sessions are " + sessions + ", expected at least 1");
    }
  }

  @Override
  public EmbedderOptions with(InferenceOptions otherInference, int otherSessions) {
    return new EmbedderOptions(
        otherInference, otherSessions, transform, orientation, value, normalized);
  }

  @Override
  public EmbedderOptions withTransform(Transform other) {
    return new EmbedderOptions(inference, sessions, other, orientation, value, normalized);
  }

  @Override
  public EmbedderOptions withOrientation(Orientation other) {
    return new EmbedderOptions(inference, sessions, transform, other, value, normalized);
  }

  /** These settings with rows of another value. */
  public EmbedderOptions withValue(String other) {
    return new EmbedderOptions(inference, sessions, transform, orientation, other, normalized);
  }

  /** These settings with rows that are normalised, or not. */
  public EmbedderOptions withNormalized(boolean other) {
    return new EmbedderOptions(inference, sessions, transform, orientation, value, other);
  }
}
