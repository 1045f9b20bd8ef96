package dev.residual.io.images;

import java.util.random.RandomGenerator;

/**
 * A part of random area and aspect ratio, resized to a square (Szegedy et al. 2015, section 6).
 *
 * @param minArea the smallest share of the image's area; the largest is all of it
 * @param maxRatio the largest ratio of the sides; the smallest is its inverse
 */
record RandomResizedCrop(int crop, double minArea, double maxRatio, Interpolation interpolation)
    implements Transform {
  private static final int ATTEMPTS = 10;

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    Box window = new Box(0, 0, crop, crop);
    return Resampling.resize(image, part(image, random), crop, crop, window, interpolation);
  }

  private Box part(Pixels image, RandomGenerator random) {
    int height = image.height();
    int width = image.width();
    for (int i = 0; i < ATTEMPTS; i++) {
      double area = (double) height * width * (minArea + (1 - minArea) * random.nextDouble());
      double ratio = StrictMath.pow(maxRatio, 2 * random.nextDouble() - 1);
      int w = (int) Math.rint(Math.sqrt(area * ratio));
      int h = (int) Math.rint(Math.sqrt(area / ratio));
      if (0 < w && w <= width && 0 < h && h <= height) {
        return new Box(random.nextInt(height - h + 1), random.nextInt(width - w + 1), h, w);
      }
    }
    // As torchvision: the middle, as large as the ratio allows.
    int w = Math.min(width, Math.max(1, (int) Math.rint(height * maxRatio)));
    int h = Math.min(height, Math.max(1, (int) Math.rint(width * maxRatio)));
    return new Box((height - h) / 2, (width - w) / 2, h, w);
  }
}
