package dev.residual.io.images;

import java.util.random.RandomGenerator;

/** The shorter side to a random length, then a random square (He et al. 2015, section 3.4). */
record ScaleJitter(int min, int max, int crop, Interpolation interpolation) implements Transform {

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    int shorter = min + random.nextInt(max - min + 1);
    int height = ResizeCrop.scaled(image.height(), image.width(), shorter);
    int width = ResizeCrop.scaled(image.width(), image.height(), shorter);
    int top = random.nextInt(height - crop + 1);
    int left = random.nextInt(width - crop + 1);
    Box window = new Box(top, left, crop, crop);
    return Resampling.resize(image, Box.of(image), height, width, window, interpolation);
  }
}
