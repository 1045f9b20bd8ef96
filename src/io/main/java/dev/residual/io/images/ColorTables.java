package dev.residual.io.images;

import java.util.function.IntUnaryOperator;

/** Changes of each colour by itself; pixels are those of Pillow's {@code ImageOps}. */
final class ColorTables {
  private ColorTables() {}

  /** Keeps so many of the highest bits. */
  static Pixels posterize(Pixels image, int bits) {
    return map(image, v -> v & -(1 << (8 - bits)));
  }

  /** Inverts what is not below the threshold. */
  static Pixels solarize(Pixels image, double threshold) {
    return map(image, v -> v < threshold ? v : 255 - v);
  }

  /** Stretches each channel from its least and greatest value to 0 and 255. */
  static Pixels autoContrast(Pixels image) {
    return mapChannels(
        image,
        counts -> {
          int low = 0;
          int high = 255;
          while (counts[low] == 0) {
            low++;
          }
          while (counts[high] == 0) {
            high--;
          }
          if (high == low) {
            return v -> v;
          }
          double scale = 255.0 / (high - low);
          double offset = -low * scale;
          return v -> (int) (v * scale + offset);
        });
  }

  /** Gives each channel nearly equal numbers of all values. */
  static Pixels equalize(Pixels image) {
    int pixels = image.height() * image.width();
    return mapChannels(
        image,
        counts -> {
          int last = 255;
          while (counts[last] == 0) {
            last--;
          }
          // One value alone makes no step either.
          int step = (pixels - counts[last]) / 255;
          if (step == 0) {
            return v -> v;
          }
          int[] below = new int[256];
          for (int v = 1; v < 256; v++) {
            below[v] = below[v - 1] + counts[v - 1];
          }
          return v -> (step / 2 + below[v]) / step;
        });
  }

  /** What the values of a channel become, by how many pixels have each. */
  @FunctionalInterface
  private interface ChannelMap {
    IntUnaryOperator of(int[] counts);
  }

  private static Pixels mapChannels(Pixels image, ChannelMap map) {
    int[][] counts = new int[3][256];
    byte[] rgb = image.rgb();
    for (int i = 0; i < rgb.length; i += 3) {
      for (int c = 0; c < 3; c++) {
        counts[c][rgb[i + c] & 0xFF]++;
      }
    }
    byte[][] tables = new byte[3][];
    for (int c = 0; c < 3; c++) {
      tables[c] = table(map.of(counts[c]));
    }
    return look(image, tables);
  }

  private static Pixels map(Pixels image, IntUnaryOperator map) {
    byte[] table = table(map);
    return look(image, new byte[][] {table, table, table});
  }

  private static byte[] table(IntUnaryOperator map) {
    byte[] table = new byte[256];
    for (int v = 0; v < 256; v++) {
      table[v] = (byte) Math.clamp(map.applyAsInt(v), 0, 255);
    }
    return table;
  }

  private static Pixels look(Pixels image, byte[][] tables) {
    byte[] src = image.rgb();
    byte[] dst = new byte[src.length];
    for (int i = 0; i < src.length; i += 3) {
      for (int c = 0; c < 3; c++) {
        dst[i + c] = tables[c][src[i + c] & 0xFF];
      }
    }
    return new Pixels(image.height(), image.width(), dst);
  }
}
