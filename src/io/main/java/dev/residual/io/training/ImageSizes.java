package dev.residual.io.training;

import dev.residual.io.images.Transforms;

/**
 * The side of the images in each epoch: small ones first, since they cost less, and teach nearly as
 * much ("Training a state-of-the-art model", Howard 2018).
 *
 * <p>It rises along a straight line over the first three quarters of the epochs, and is a multiple
 * of 32, or of 4 where images are small.
 *
 * @param first side of the images of the first epoch
 * @param last side of the images of the last quarter of the epochs, and of the last in any case
 * @param epochs the number of epochs
 */
record ImageSizes(int first, int last, int epochs) {
  private static final double GROWTH = 0.75;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a side is out of range, or the first is the larger
   */
  ImageSizes {
    if (first < 1 || first > last || last > Transforms.MAX_SIDE) {
      throw new IllegalArgumentException(
          "images grow from a side of %d to %d: expected 1 to %d, ascending"
              .formatted(first, last, Transforms.MAX_SIDE));
    }
  }

  /** One side for all epochs. */
  static ImageSizes always(int side) {
    return new ImageSizes(side, side, 1);
  }

  /** The side in an epoch, counted from 0. */
  int at(int epoch) {
    double part = Math.min(1, epoch / (GROWTH * epochs));
    int grain = last > 64 ? 32 : 4;
    int side = (int) Math.round((first + part * (last - first)) / grain) * grain;
    return part == 1 || epoch >= epochs - 1 ? last : Math.clamp(side, first, last);
  }
}
