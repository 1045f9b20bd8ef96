package dev.residual.io.images;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The scaling of 8-bit colours to floats: {@code (v / 255 - mean) / std} for each channel.
 *
 * <p>Immutable.
 */
public final class Normalization {
  /** Mean and standard deviation of ImageNet's colours, which published weights are made for. */
  public static final Normalization IMAGENET =
      of(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});

  private final float[] mean;
  private final float[] std;
  private final float[] red;
  private final float[] green;
  private final float[] blue;

  private Normalization(float[] mean, float[] std, float[][] tables) {
    this.mean = mean.clone();
    this.std = std.clone();
    red = tables[0];
    green = tables[1];
    blue = tables[2];
  }

  /**
   * The scaling with these means and standard deviations of red, green and blue.
   *
   * @throws IllegalArgumentException unless there are three of each, and no deviation is 0
   */
  public static Normalization of(float[] mean, float[] std) {
    if (mean.length != 3 || std.length != 3) {
      throw new IllegalArgumentException(
          "%d means and %d deviations given, expected 3 and 3".formatted(mean.length, std.length));
    }
    float[][] tables = new float[3][256];
    for (int c = 0; c < 3; c++) {
      if (!(std[c] > 0)) {
        throw new IllegalArgumentException("deviation " + std[c] + " is not above 0");
      }
      for (int v = 0; v < 256; v++) {
        tables[c][v] = (v / 255f - mean[c]) / std[c];
      }
    }
    return new Normalization(mean, std, tables);
  }

  /** The means of red, green and blue, as parts of the largest colour. */
  public float[] mean() {
    return mean.clone();
  }

  /** The standard deviations of red, green and blue, likewise. */
  public float[] std() {
    return std.clone();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Normalization that
        && Arrays.equals(mean, that.mean)
        && Arrays.equals(std, that.std);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(mean) + Arrays.hashCode(std);
  }

  /**
   * Writes an image, channels last.
   *
   * @param dst {@code F32} elements, at least as many from {@code index} on as the image has bytes
   * @param index the first element to write
   */
  public void write(Pixels image, MemorySegment dst, long index) {
    byte[] rgb = image.rgb();
    MemorySegment to = dst.asSlice(index * 4, rgb.length * 4L);
    for (int i = 0; i < rgb.length; i += 3) {
      write(rgb, i, to, i * 4L);
    }
  }

  /** Writes the mirror image, as {@link #write} writes the image itself. */
  public void writeMirrored(Pixels image, MemorySegment dst, long index) {
    byte[] rgb = image.rgb();
    int row = 3 * image.width();
    MemorySegment to = dst.asSlice(index * 4, rgb.length * 4L);
    for (int first = 0; first < rgb.length; first += row) {
      for (int i = 0; i < row; i += 3) {
        write(rgb, first + i, to, (first + row - 3 - i) * 4L);
      }
    }
  }

  private void write(byte[] rgb, int i, MemorySegment to, long offset) {
    to.set(JAVA_FLOAT, offset, red[rgb[i] & 0xFF]);
    to.set(JAVA_FLOAT, offset + 4, green[rgb[i + 1] & 0xFF]);
    to.set(JAVA_FLOAT, offset + 8, blue[rgb[i + 2] & 0xFF]);
  }
}
