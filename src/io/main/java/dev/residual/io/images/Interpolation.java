package dev.residual.io.images;

/** How resizing weighs the pixels around a place; shrinking widens the weights (antialiasing). */
public enum Interpolation {
  /** A triangle over one pixel on each side. */
  BILINEAR(1) {
    @Override
    double weight(double distance) {
      return Math.max(0, 1 - Math.abs(distance));
    }
  },
  /** Cubic convolution over two pixels on each side (Keys 1981), with a = -0.5. */
  BICUBIC(2) {
    @Override
    double weight(double distance) {
      double x = Math.abs(distance);
      if (x < 1) {
        return ((A + 2) * x - (A + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
  };

  private static final double A = -0.5;

  private final int support;

  Interpolation(int support) {
    this.support = support;
  }

  /** What a transform that {@link Transforms#parse} made resizes with; else bilinear. */
  public static Interpolation of(Transform transform) {
    return transform instanceof ResizeCrop sides ? sides.interpolation() : BILINEAR;
  }

  /** The distance from which on weights are zero, in pixels. */
  int support() {
    return support;
  }

  /** The weight of a pixel at a distance, before all are made to sum up to one. */
  abstract double weight(double distance);
}
