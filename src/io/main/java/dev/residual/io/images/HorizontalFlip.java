package dev.residual.io.images;

import java.util.random.RandomGenerator;

/** Left and right exchanged, every other time on average. */
record HorizontalFlip() implements Transform {

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    return random.nextBoolean() ? flip(image) : image;
  }

  static Pixels flip(Pixels image) {
    int width = image.width();
    byte[] src = image.rgb();
    byte[] dst = new byte[src.length];
    for (int y = 0; y < image.height(); y++) {
      int from = 3 * y * width;
      int to = from + 3 * (width - 1);
      for (int x = 0; x < width; x++, from += 3, to -= 3) {
        dst[to] = src[from];
        dst[to + 1] = src[from + 1];
        dst[to + 2] = src[from + 2];
      }
    }
    return new Pixels(image.height(), width, dst);
  }
}
