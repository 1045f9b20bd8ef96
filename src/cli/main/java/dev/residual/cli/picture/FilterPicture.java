package dev.residual.cli.picture;

import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** The filters of a convolution as small images, each with its own scale: grey is 0. */
public final class FilterPicture {
  private static final int COLUMNS = 16;
  private static final int SIDE = 56;

  private FilterPicture() {}

  /**
   * Draws filters.
   *
   * @param weights o i kh kw; three channels are red, green and blue, of another number the mean is
   *     drawn
   */
  public static BufferedImage draw(Tensor weights) {
    Shape shape = weights.shape();
    float[] numbers = weights.toFloats();
    int size = (int) (shape.elements() / shape.dim(0));
    List<Tile> tiles = new ArrayList<>();
    for (int filter = 0; filter < shape.dim(0); filter++) {
      tiles.add(new Tile(filter(numbers, filter * size, shape), List.of()));
    }
    return TileSheet.draw(tiles, COLUMNS, SIDE);
  }

  private static BufferedImage filter(float[] numbers, int from, Shape shape) {
    int channels = shape.dim(1);
    int height = shape.dim(2);
    int width = shape.dim(3);
    int places = height * width;
    float[][] colors = new float[3][places];
    float most = Float.MIN_NORMAL;
    for (int color = 0; color < 3; color++) {
      for (int i = 0; i < places; i++) {
        colors[color][i] =
            channels == 3
                ? numbers[from + color * places + i]
                : mean(numbers, from + i, places, channels);
        most = Math.max(most, Math.abs(colors[color][i]));
      }
    }
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < places; i++) {
      int rgb = 0;
      for (float[] color : colors) {
        rgb = rgb << 8 | Math.round(127.5f + 127.5f * color[i] / most);
      }
      picture.setRGB(i % width, i / width, rgb);
    }
    return picture;
  }

  private static float mean(float[] numbers, int from, int step, int count) {
    float sum = 0;
    for (int i = 0; i < count; i++) {
      sum += numbers[from + i * step];
    }
    return sum / count;
  }
}
