package dev.residual.io.images;

import java.util.random.RandomGenerator;

/** A square somewhere in the image, which is given a black border first. */
record RandomCrop(int crop, int padding) implements Transform {

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    int spareRows = image.height() + 2 * padding - crop;
    int spareColumns = image.width() + 2 * padding - crop;
    if (spareRows < 0 || spareColumns < 0) {
      throw new IllegalArgumentException(
          "a random crop of %d with a border of %d needs a larger image than %d x %d"
              .formatted(crop, padding, image.width(), image.height()));
    }
    int top = random.nextInt(spareRows + 1) - padding;
    int left = random.nextInt(spareColumns + 1) - padding;
    return image.crop(top, left, crop, crop);
  }
}
