package dev.residual.io.images;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;

/**
 * A square around any pixel is overwritten with 0; it may reach over the edges (DeVries and Taylor
 * 2017).
 *
 * @param side of the square, in pixels; an odd one is rounded down
 */
public record Cutout(int side) implements Erasure {

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if the side is negative, or above {@link Transforms#MAX_SIDE}
   */
  public Cutout {
    Transforms.within("the side of the cutout", side, Transforms.MAX_SIDE);
  }

  @Override
  public void apply(
      MemorySegment images, long index, int height, int width, RandomGenerator random) {
    int y = random.nextInt(height);
    int x = random.nextInt(width);
    int left = Math.max(0, x - side / 2);
    int right = Math.min(width, x + side / 2);
    for (int row = Math.max(0, y - side / 2); row < Math.min(height, y + side / 2); row++) {
      for (long i = 3L * (row * width + left); i < 3L * (row * width + right); i++) {
        images.setAtIndex(JAVA_FLOAT, index + i, 0);
      }
    }
  }
}
