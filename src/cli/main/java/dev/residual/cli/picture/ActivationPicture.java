package dev.residual.cli.picture;

import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What blocks compute from an image: a row for each, the mean of all channels first, then those
 * with the greatest numbers. Each tile has its own scale.
 */
public final class ActivationPicture {
  private static final int CHANNELS = 10;
  private static final int SIDE = 112;

  private ActivationPicture() {}

  /**
   * Draws blocks.
   *
   * @param blocks 1 c h w each, at least one
   */
  public static BufferedImage draw(Map<Value, Tensor> blocks) {
    int channels = blocks.keySet().stream().mapToInt(v -> v.shape().dim(1)).min().orElseThrow();
    int shown = Math.min(channels, CHANNELS);
    List<Tile> tiles = new ArrayList<>();
    blocks.forEach((value, tensor) -> add(tiles, value, tensor.toFloats(), shown));
    return TileSheet.draw(tiles, shown + 1, SIDE);
  }

  private static void add(List<Tile> tiles, Value block, float[] numbers, int shown) {
    Shape shape = block.shape();
    int height = shape.dim(2);
    int width = shape.dim(3);
    int places = height * width;
    float[] mean = new float[places];
    float[] size = new float[shape.dim(1)];
    for (int i = 0; i < numbers.length; i++) {
      mean[i % places] += numbers[i] / shape.dim(1);
      size[i / places] += Math.abs(numbers[i]);
    }
    String extents = "%dx%dx%d".formatted(shape.dim(1), height, width);
    tiles.add(new Tile(HeatPicture.draw(mean, 0, height, width), List.of(block.name(), extents)));
    IntStream.range(0, size.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer channel) -> -size[channel]))
        .limit(shown)
        .forEach(
            channel ->
                tiles.add(
                    new Tile(
                        HeatPicture.draw(numbers, channel * places, height, width),
                        List.of("channel " + channel))));
  }
}
