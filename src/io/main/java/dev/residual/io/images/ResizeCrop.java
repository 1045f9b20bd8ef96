package dev.residual.io.images;

import java.util.random.RandomGenerator;

/** The shorter side to {@code resize}, the longer in proportion, then the square at a place. */
record ResizeCrop(int resize, int crop, Place place, Interpolation interpolation)
    implements Transform {

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    int height = scaled(image.height(), image.width(), resize);
    int width = scaled(image.width(), image.height(), resize);
    Box window = place.box(height, width, crop);
    return Resampling.resize(image, Box.of(image), height, width, window, interpolation);
  }

  /** One side after the shorter of the two has become {@code shorter}, cut off to an integer. */
  static int scaled(int side, int other, int shorter) {
    return side <= other ? shorter : (int) ((double) ((long) shorter * side) / other);
  }
}
