package dev.residual.tensor;

/** The conversion between bfloat16, the upper half of a binary32, and float. */
public final class Bfloat16 {
  private Bfloat16() {}

  /** The float of these bits, exactly. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The bits of the nearest bfloat16, ties to even; NaN stays NaN. */
  public static short toBits(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }

  /** The nearest bfloat16 as a float. */
  public static float round(float value) {
    return toFloat(toBits(value));
  }
}
