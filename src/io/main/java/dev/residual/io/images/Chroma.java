package dev.residual.io.images;

/**
 * Luminance and chroma (YCbCr of ITU-R BT.601, all of 0 to 255) as red, green and blue, by the
 * formulas of JFIF in fixed-point numbers of 16 fractional bits, rounded as libjpeg rounds them.
 */
final class Chroma {
  private static final int HALF = 1 << 15;
  private static final int[] RED = new int[256];
  private static final int[] BLUE = new int[256];
  private static final int[] GREEN_OF_RED = new int[256];
  private static final int[] GREEN_OF_BLUE = new int[256];

  static {
    for (int i = 0; i < 256; i++) {
      int chroma = i - 128;
      RED[i] = (fixed(1.402) * chroma + HALF) >> 16;
      BLUE[i] = (fixed(1.772) * chroma + HALF) >> 16;
      GREEN_OF_RED[i] = -fixed(0.71414) * chroma;
      GREEN_OF_BLUE[i] = -fixed(0.34414) * chroma + HALF;
    }
  }

  private Chroma() {}

  private static int fixed(double number) {
    return (int) (number * (1 << 16) + 0.5);
  }

  /**
   * Replaces the first three samples of each pixel.
   *
   * @param bands samples of a pixel: three, or four, which are inks and have their light inverted
   */
  static void toRgb(byte[] samples, int bands) {
    int inverted = bands == 4 ? 255 : 0;
    for (int i = 0; i < samples.length; i += bands) {
      int luminance = samples[i] & 0xFF;
      int blue = samples[i + 1] & 0xFF;
      int red = samples[i + 2] & 0xFF;
      int green = luminance + ((GREEN_OF_RED[red] + GREEN_OF_BLUE[blue]) >> 16);
      samples[i] = (byte) (clip(luminance + RED[red]) ^ inverted);
      samples[i + 1] = (byte) (clip(green) ^ inverted);
      samples[i + 2] = (byte) (clip(luminance + BLUE[blue]) ^ inverted);
    }
  }

  private static int clip(int value) {
    return (value & ~0xFF) == 0 ? value : value < 0 ? 0 : 255;
  }
}
