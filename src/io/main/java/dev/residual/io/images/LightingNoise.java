package dev.residual.io.images;

import java.util.random.RandomGenerator;

/**
 * One random shift of all pixels along the principal axes of ImageNet's colours (Krizhevsky et al.
 * 2012, section 4.1).
 *
 * @param std the standard deviation of the factors of the axes
 */
record LightingNoise(double std) implements Transform {
  /** Square roots of the variances along the axes, of colours between 0 and 1. */
  private static final double[] LENGTHS = {0.2175, 0.0188, 0.0045};

  /** A row for red, green and blue, a column for each axis. */
  private static final double[][] AXES = {
    {-0.5675, 0.7192, 0.4009},
    {-0.5808, -0.0045, -0.8140},
    {-0.5836, -0.6948, 0.4203}
  };

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    double[] shift = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      double factor = 255 * std * random.nextGaussian() * LENGTHS[axis];
      for (int c = 0; c < 3; c++) {
        shift[c] += factor * AXES[c][axis];
      }
    }
    byte[] src = image.rgb();
    byte[] dst = new byte[src.length];
    for (int i = 0; i < dst.length; i += 3) {
      for (int c = 0; c < 3; c++) {
        dst[i + c] = (byte) Math.clamp(Math.round((src[i + c] & 0xFF) + shift[c]), 0, 255);
      }
    }
    return new Pixels(image.height(), image.width(), dst);
  }
}
