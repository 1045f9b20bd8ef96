package dev.residual.io.images;

import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.util.function.IntUnaryOperator;

/** Red, green and blue of what ImageIO decodes, as Pillow makes them. */
final class RasterPixels {
  private RasterPixels() {}

  /** Writes red, green and blue of one pixel. */
  @FunctionalInterface
  private interface Conversion {
    void write(int[] samples, int from, byte[] rgb, int to);
  }

  private static Pixels convert(ImageSize size, Raster raster, Conversion conversion) {
    int bands = raster.getNumBands();
    byte[] rgb = size.rgb();
    int[] row = new int[bands * size.width()];
    int to = 0;
    for (int y = 0; y < size.height(); y++) {
      raster.getPixels(0, y, size.width(), 1, row);
      for (int from = 0; from < row.length; from += bands, to += 3) {
        conversion.write(row, from, rgb, to);
      }
    }
    return new Pixels(size.height(), size.width(), rgb);
  }

  /**
   * The first three samples of each pixel, or three times the first where there are fewer.
   *
   * @param narrowing makes 8 bits of a sample
   */
  static Pixels of(ImageSize size, Raster raster, IntUnaryOperator narrowing) {
    int step = raster.getNumBands() < 3 ? 0 : 1;
    return convert(
        size,
        raster,
        (row, from, rgb, to) -> {
          for (int c = 0; c < 3; c++) {
            rgb[to + c] = (byte) narrowing.applyAsInt(row[from + c * step]);
          }
        });
  }

  /** Samples that have been multiplied by the fourth, their opacity, before it was. */
  static Pixels divided(ImageSize size, Raster raster, IntUnaryOperator narrowing) {
    return convert(
        size,
        raster,
        (row, from, rgb, to) -> {
          int alpha = narrowing.applyAsInt(row[from + 3]);
          for (int c = 0; c < 3 && alpha > 0; c++) {
            rgb[to + c] = (byte) Math.min(255, 255 * narrowing.applyAsInt(row[from + c]) / alpha);
          }
        });
  }

  /** The colours that samples are the numbers of. */
  static Pixels indexed(ImageSize size, Raster raster, IndexColorModel palette) {
    return convert(
        size,
        raster,
        (row, from, rgb, to) -> {
          int color = palette.getRGB(row[from]);
          rgb[to] = (byte) (color >> 16);
          rgb[to + 1] = (byte) (color >> 8);
          rgb[to + 2] = (byte) color;
        });
  }

  /** Cyan, magenta, yellow and black, of which 0 is none. */
  static Pixels ofInks(ImageSize size, Raster raster, IntUnaryOperator narrowing) {
    byte[] inks = new byte[4];
    return convert(
        size,
        raster,
        (row, from, rgb, to) -> {
          for (int c = 0; c < 4; c++) {
            inks[c] = (byte) ~narrowing.applyAsInt(row[from + c]);
          }
          Inks.writeInverted(inks, 0, rgb, to);
        });
  }
}
