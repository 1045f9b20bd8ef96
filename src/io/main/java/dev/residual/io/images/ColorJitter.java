package dev.residual.io.images;

import java.util.random.RandomGenerator;

/**
 * Random brightness, contrast and saturation in random order: each time a mixture of the image and
 * of black, of its mean grey, or of its grey version, the image's share between 1 - x and 1 + x.
 */
record ColorJitter(double brightness, double contrast, double saturation) implements Transform {

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    int[] order = {0, 1, 2};
    for (int i = 2; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    byte[] rgb = image.rgb().clone();
    for (int step : order) {
      switch (step) {
        case 0 -> blend(rgb, 0, share(brightness, random));
        case 1 -> blend(rgb, meanGrey(rgb), share(contrast, random));
        default -> saturate(rgb, share(saturation, random));
      }
    }
    return new Pixels(image.height(), image.width(), rgb);
  }

  private static double share(double range, RandomGenerator random) {
    return Math.max(0, 1 + range * (2 * random.nextDouble() - 1));
  }

  private static void blend(byte[] rgb, double other, double share) {
    byte[] table = new byte[256];
    for (int v = 0; v < 256; v++) {
      table[v] = toByte(other + share * (v - other));
    }
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = table[rgb[i] & 0xFF];
    }
  }

  private static void saturate(byte[] rgb, double share) {
    for (int i = 0; i < rgb.length; i += 3) {
      double grey = grey(rgb, i);
      for (int c = i; c < i + 3; c++) {
        rgb[c] = toByte(grey + share * ((rgb[c] & 0xFF) - grey));
      }
    }
  }

  private static double meanGrey(byte[] rgb) {
    double sum = 0;
    for (int i = 0; i < rgb.length; i += 3) {
      sum += grey(rgb, i);
    }
    return 3 * sum / rgb.length;
  }

  /** The luma of ITU-R BT.601. */
  private static double grey(byte[] rgb, int i) {
    return 0.299 * (rgb[i] & 0xFF) + 0.587 * (rgb[i + 1] & 0xFF) + 0.114 * (rgb[i + 2] & 0xFF);
  }

  static byte toByte(double value) {
    return (byte) Math.clamp((long) (value + 0.5), 0, 255);
  }
}
