package dev.residual.io.images;

import java.util.random.RandomGenerator;

/** The middle square; where the image is smaller, with a black border. */
record CenterCrop(int crop) implements Transform {

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    Box box = Box.center(image.height(), image.width(), crop);
    return image.crop(box.top(), box.left(), crop, crop);
  }
}
