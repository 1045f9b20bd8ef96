package dev.residual.io.images;

import java.awt.image.Raster;
import java.util.function.IntUnaryOperator;

/** Red, green and blue of what ImageIO decodes. */
final class RasterPixels {
  private RasterPixels() {}

  /**
   * The first three samples of each pixel, or three times the first where there are fewer.
   *
   * @param narrowing makes a byte of a sample
   */
  static Pixels of(ImageSize size, Raster raster, IntUnaryOperator narrowing) {
    int bands = raster.getNumBands();
    int step = bands < 3 ? 0 : 1;
    byte[] rgb = size.rgb();
    int[] row = new int[bands * size.width()];
    int to = 0;
    for (int y = 0; y < size.height(); y++) {
      raster.getPixels(0, y, size.width(), 1, row);
      for (int from = 0; from < row.length; from += bands) {
        rgb[to++] = (byte) narrowing.applyAsInt(row[from]);
        rgb[to++] = (byte) narrowing.applyAsInt(row[from + step]);
        rgb[to++] = (byte) narrowing.applyAsInt(row[from + 2 * step]);
      }
    }
    return new Pixels(size.height(), size.width(), rgb);
  }
}
