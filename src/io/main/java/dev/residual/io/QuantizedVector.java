package dev.residual.io;

/**
 * A row of an {@link Embedder} in 8-bit integers, a quarter of its bytes.
 *
 * <p>With the largest magnitude m of the row, the scale is m / 127, and each number is rounded to
 * the nearest multiple of it. The cosine of two rows needs no scales; dot products are to be
 * multiplied by both.
 */
public final class QuantizedVector {
  private static final int LARGEST = 127;

  private final byte[] values;
  private final float scale;

  private QuantizedVector(byte[] values, float scale) {
    this.values = values;
    this.scale = scale;
  }

  /**
   * The integers of a row; those of zeros are zeros, of scale 1.
   *
   * @throws IllegalArgumentException if a number is not finite
   */
  public static QuantizedVector of(float[] row) {
    float largest = 0;
    for (int i = 0; i < row.length; i++) {
      if (!Float.isFinite(row[i])) {
        throw new IllegalArgumentException(
            "number %d of the row is %s, expected finite ones".formatted(i, row[i]));
      }
      largest = Math.max(largest, Math.abs(row[i]));
    }
    // In double, for the scale of the smallest floats would be 0.
    double scale = largest > 0 ? (double) largest / LARGEST : 1;
    byte[] values = new byte[row.length];
    for (int i = 0; i < row.length; i++) {
      values[i] = (byte) Math.rint(row[i] / scale);
    }
    return new QuantizedVector(values, (float) scale);
  }

  /** The integers, from -127 to 127; not copied. */
  public byte[] values() {
    return values;
  }

  /** What 1 stands for. */
  public float scale() {
    return scale;
  }

  /** The numbers that the integers stand for. */
  public float[] toFloats() {
    float[] row = new float[values.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = values[i] * scale;
    }
    return row;
  }
}
