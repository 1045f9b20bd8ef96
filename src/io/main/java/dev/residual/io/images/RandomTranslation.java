package dev.residual.io.images;

import java.util.random.RandomGenerator;

/**
 * The image moved by up to so many pixels each way, and reflected at its edges: a crop out of the
 * image with a reflected border.
 */
record RandomTranslation(int pixels) implements Transform {

  RandomTranslation {
    Transforms.within("translation", pixels, Transforms.MAX_SIDE);
  }

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    int down = random.nextInt(2 * pixels + 1) - pixels;
    int right = random.nextInt(2 * pixels + 1) - pixels;
    return image.translate(right, down);
  }
}
