package dev.residual.io.images;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A rectangle of 2 to 33 % of the area and of a ratio of 0.3 to 3.3 is overwritten, as
 * torchvision's {@code RandomErasing} does it (Zhong et al. 2017).
 *
 * @param probability that an image is changed
 * @param noise whether each number becomes one of a normal distribution, otherwise 0
 */
public record RandomErasing(double probability, boolean noise) implements Erasure {
  private static final int ATTEMPTS = 10;
  private static final double MIN_AREA = 0.02;
  private static final double MAX_AREA = 0.33;
  private static final double MIN_RATIO = 0.3;
  private static final double MAX_RATIO = 3.3;

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if the probability is not between 0 and 1
   */
  public RandomErasing {
    Transforms.within("the probability of erasing", probability, 1);
  }

  @Override
  public void apply(
      MemorySegment images, long index, int height, int width, RandomGenerator random) {
    if (random.nextDouble() >= probability) {
      return;
    }
    Box box = box(height, width, random);
    if (box == null) {
      return;
    }
    for (int y = box.top(); y < box.top() + box.height(); y++) {
      long first = index + 3L * (y * width + box.left());
      for (long i = first; i < first + 3L * box.width(); i++) {
        images.setAtIndex(JAVA_FLOAT, i, noise ? (float) random.nextGaussian() : 0);
      }
    }
  }

  /** The rectangle; null if none of several fits, as in images of few pixels. */
  static @Nullable Box box(int height, int width, RandomGenerator random) {
    double low = StrictMath.log(MIN_RATIO);
    double range = StrictMath.log(MAX_RATIO) - low;
    for (int i = 0; i < ATTEMPTS; i++) {
      double share = MIN_AREA + (MAX_AREA - MIN_AREA) * random.nextDouble();
      double area = (double) height * width * share;
      double ratio = StrictMath.exp(low + range * random.nextDouble());
      int h = (int) Math.rint(Math.sqrt(area * ratio));
      int w = (int) Math.rint(Math.sqrt(area / ratio));
      if (h < height && w < width) {
        return new Box(random.nextInt(height - h + 1), random.nextInt(width - w + 1), h, w);
      }
    }
    return null;
  }
}
