package dev.residual.cli.picture;

import dev.residual.inspect.HeatMap;
import java.awt.image.BufferedImage;

/** Numbers of places as colours. */
public final class HeatPicture {
  private HeatPicture() {}

  /**
   * Draws numbers as pixels, the least dark and the greatest bright.
   *
   * @param numbers row by row
   * @param from the first of them
   */
  public static BufferedImage draw(float[] numbers, int from, int height, int width) {
    float least = Float.POSITIVE_INFINITY;
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + height * width; i++) {
      least = Math.min(least, numbers[i]);
      greatest = Math.max(greatest, numbers[i]);
    }
    float range = greatest > least ? greatest - least : 1;
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < height * width; i++) {
      picture.setRGB(
          i % width, i / width, ColorMap.VIRIDIS.of((numbers[from + i] - least) / range));
    }
    return picture;
  }

  /** Lays a map over an image: where it is 0, the image stays as it is. */
  public static BufferedImage over(BufferedImage image, HeatMap map) {
    int width = image.getWidth();
    int height = image.getHeight();
    float max = map.max() > 0 ? map.max() : 1;
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double heat =
            at(map, (y + 0.5) * map.height() / height, (x + 0.5) * map.width() / width) / max;
        picture.setRGB(x, y, ColorMap.mix(image.getRGB(x, y), ColorMap.HEAT.of(heat), 0.65 * heat));
      }
    }
    return picture;
  }

  /** The value at a place between the middles of four, which counts from the corner. */
  private static double at(HeatMap map, double y, double x) {
    double row = Math.clamp(y - 0.5, 0, map.height() - 1);
    double column = Math.clamp(x - 0.5, 0, map.width() - 1);
    int top = (int) row;
    int left = (int) column;
    int bottom = Math.min(top + 1, map.height() - 1);
    int right = Math.min(left + 1, map.width() - 1);
    double above = between(map, top, left, right, column - left);
    return above + (between(map, bottom, left, right, column - left) - above) * (row - top);
  }

  private static double between(HeatMap map, int row, int left, int right, double part) {
    double first = map.values()[row * map.width() + left];
    return first + (map.values()[row * map.width() + right] - first) * part;
  }
}
