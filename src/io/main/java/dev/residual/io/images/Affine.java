package dev.residual.io.images;

/**
 * Where each pixel of a changed image comes from: the pixel at {@code (x, y)} from {@code (a x + b
 * y + c, d x + e y + f)}, without interpolation; from outside the image comes black.
 *
 * <p>Coordinates are of the middles of pixels. They are fixed-point numbers of 16 fractional bits,
 * as in Pillow's {@code Image.transform}, whose pixels these are.
 */
record Affine(double a, double b, double c, double d, double e, double f) {
  private static final int FRACTION_BITS = 16;
  private static final double DIGITS = 1e15;

  /** Rows moved in proportion to y, columns in proportion to x; the top left corner stays. */
  static Affine shear(double x, double y) {
    return new Affine(1, x, 0, y, 1, 0);
  }

  /** All pixels moved to the right and down. */
  static Affine translation(int right, int down) {
    return new Affine(1, 0, -right, 0, 1, -down);
  }

  /** The image turned about its middle, to the left where the angle is above 0. */
  static Affine rotation(double degrees, int height, int width) {
    double angle = -Math.toRadians(degrees);
    // Pillow rounds to so many digits.
    double cos = Math.rint(StrictMath.cos(angle) * DIGITS) / DIGITS;
    double sin = Math.rint(StrictMath.sin(angle) * DIGITS) / DIGITS;
    double x = width / 2.0;
    double y = height / 2.0;
    return new Affine(cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y);
  }

  Pixels apply(Pixels image) {
    int height = image.height();
    int width = image.width();
    byte[] src = image.rgb();
    byte[] dst = new byte[src.length];
    int stepX = fixed(a);
    int stepY = fixed(d);
    int firstX = fixed(c + a * 0.5 + b * 0.5);
    int firstY = fixed(f + d * 0.5 + e * 0.5);
    for (int row = 0, to = 0; row < height; row++) {
      int x = firstX;
      int y = firstY;
      for (int column = 0; column < width; column++, to += 3, x += stepX, y += stepY) {
        int fromX = x >> FRACTION_BITS;
        int fromY = y >> FRACTION_BITS;
        if (fromX >= 0 && fromX < width && fromY >= 0 && fromY < height) {
          int from = 3 * (fromY * width + fromX);
          dst[to] = src[from];
          dst[to + 1] = src[from + 1];
          dst[to + 2] = src[from + 2];
        }
      }
      firstX += fixed(b);
      firstY += fixed(e);
    }
    return new Pixels(height, width, dst);
  }

  private static int fixed(double number) {
    return (int) Math.floor(number * (1 << FRACTION_BITS) + 0.5);
  }
}
