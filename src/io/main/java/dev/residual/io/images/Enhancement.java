package dev.residual.io.images;

/**
 * Mixtures of an image and a poorer one: black, its mean grey, its grey version, a smooth one.
 *
 * <p>The factor is the share of the image. Above 1 the difference is exaggerated. Pixels are those
 * of Pillow's {@code ImageEnhance}.
 */
final class Enhancement {
  /** Of the pixels around one and of itself, in the smooth version. */
  private static final float AROUND = 1 / 13f;

  private static final float MIDDLE = 5 / 13f;

  private Enhancement() {}

  static Pixels brightness(Pixels image, double factor) {
    return mixed(image, 0, (float) factor);
  }

  static Pixels contrast(Pixels image, double factor) {
    byte[] rgb = image.rgb();
    long sum = 0;
    for (int i = 0; i < rgb.length; i += 3) {
      sum += grey(rgb, i);
    }
    int pixels = image.height() * image.width();
    int mean = (int) ((double) sum / pixels + 0.5);
    return mixed(image, mean, (float) factor);
  }

  private static Pixels mixed(Pixels image, int other, float share) {
    byte[] table = new byte[256];
    for (int v = 0; v < 256; v++) {
      table[v] = mixture(other, v, share);
    }
    byte[] dst = image.rgb().clone();
    for (int i = 0; i < dst.length; i++) {
      dst[i] = table[dst[i] & 0xFF];
    }
    return new Pixels(image.height(), image.width(), dst);
  }

  static Pixels saturation(Pixels image, double factor) {
    byte[] src = image.rgb();
    byte[] dst = new byte[src.length];
    for (int i = 0; i < src.length; i += 3) {
      int grey = grey(src, i);
      for (int c = i; c < i + 3; c++) {
        dst[c] = mixture(grey, src[c] & 0xFF, (float) factor);
      }
    }
    return new Pixels(image.height(), image.width(), dst);
  }

  static Pixels sharpness(Pixels image, double factor) {
    int row = 3 * image.width();
    byte[] src = image.rgb();
    // The pixels at the edges are as they are.
    byte[] dst = src.clone();
    for (int y = 1; y < image.height() - 1; y++) {
      for (int i = y * row + 3; i < (y + 1) * row - 3; i++) {
        int smooth = (int) smooth(src, i, row);
        dst[i] = mixture(smooth, src[i] & 0xFF, (float) factor);
      }
    }
    return new Pixels(image.height(), image.width(), dst);
  }

  /** The order of the sum is Pillow's. */
  private static float smooth(byte[] src, int i, int row) {
    float sum = 0.5f;
    sum += line(src, i + row, AROUND);
    sum += line(src, i, MIDDLE);
    sum += line(src, i - row, AROUND);
    return sum;
  }

  private static float line(byte[] src, int i, float middle) {
    return (src[i - 3] & 0xFF) * AROUND + (src[i] & 0xFF) * middle + (src[i + 3] & 0xFF) * AROUND;
  }

  private static byte mixture(int other, int value, float share) {
    return (byte) Math.clamp((long) (other + share * (value - other)), 0, 255);
  }

  /** The luma of ITU-R BT.601, in fixed point as Pillow computes it. */
  private static int grey(byte[] rgb, int i) {
    int sum = 19595 * (rgb[i] & 0xFF) + 38470 * (rgb[i + 1] & 0xFF) + 7471 * (rgb[i + 2] & 0xFF);
    return (sum + 0x8000) >> 16;
  }
}
