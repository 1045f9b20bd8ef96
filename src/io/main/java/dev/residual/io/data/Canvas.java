package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import dev.residual.io.images.SplitMix;

/** Square pixels of red, green and blue between 0 and 1; places are fractions of the side. */
final class Canvas {
  private final int side;
  private final double[] rgb;

  Canvas(int side) {
    this.side = side;
    rgb = new double[3 * side * side];
  }

  /** Something that colours a pixel at its middle (u, v). */
  interface Brush {
    void paint(Canvas canvas, int pixel, double u, double v);
  }

  /** Lets a brush colour a rectangle and the pixels around it. */
  void paint(double left, double top, double right, double bottom, Brush brush) {
    int endRow = Math.min(side, (int) (bottom * side) + 2);
    int endColumn = Math.min(side, (int) (right * side) + 2);
    for (int row = Math.max(0, (int) (top * side) - 1); row < endRow; row++) {
      for (int column = Math.max(0, (int) (left * side) - 1); column < endColumn; column++) {
        int pixel = 3 * (row * side + column);
        brush.paint(this, pixel, (column + 0.5) / side, (row + 0.5) / side);
      }
    }
  }

  /** Fills all with colours between those of the corners of {@code cells x cells} squares. */
  void fill(double[][] corners, int cells) {
    int pixel = 0;
    for (int row = 0; row < side; row++) {
      double y = (row + 0.5) / side * cells;
      for (int column = 0; column < side; column++, pixel += 3) {
        double x = (column + 0.5) / side * cells;
        int i = ((int) y) * (cells + 1) + (int) x;
        double fx = x - (int) x;
        double fy = y - (int) y;
        for (int c = 0; c < 3; c++) {
          double top = corners[i][c] * (1 - fx) + corners[i + 1][c] * fx;
          double bottom = corners[i + cells + 1][c] * (1 - fx) + corners[i + cells + 2][c] * fx;
          rgb[pixel + c] = top * (1 - fy) + bottom * fy;
        }
      }
    }
  }

  /**
   * Colours a pixel as far as it is covered by an area with a smooth edge.
   *
   * @param distance the distance of the pixel's middle from the edge, negative inside
   * @param color the area's colour at {@code t = 0}
   * @param shade the area's colour at {@code t = 1}
   */
  void mix(int pixel, double distance, double[] color, double[] shade, double t) {
    double cover = Math.min(0.5 - distance * side, 1);
    if (cover > 0) {
      for (int c = 0; c < 3; c++) {
        double old = rgb[pixel + c];
        rgb[pixel + c] = old + cover * (color[c] + t * (shade[c] - color[c]) - old);
      }
    }
  }

  /** The picture in 8 bits, with noise of this standard deviation. */
  Pixels toPixels(double noise, SplitMix random) {
    // The sum of two bytes has a deviation of 104.5.
    double factor = noise * 255 / 104.5;
    byte[] bytes = new byte[rgb.length];
    for (int i = 0; i < bytes.length; i += 3) {
      long bits = random.nextLong();
      for (int c = 0; c < 3; c++, bits >>>= 20) {
        double grain = (bits & 0xFF) + (bits >>> 8 & 0xFF) - 255;
        int value = (int) (255 * rgb[i + c] + factor * grain + 0.5);
        bytes[i + c] = (byte) Math.min(Math.max(0, value), 255);
      }
    }
    return new Pixels(side, side, bytes);
  }
}
