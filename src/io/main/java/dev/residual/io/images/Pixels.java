package dev.residual.io.images;

/**
 * A decoded image: 8-bit red, green and blue, row by row from the top, three bytes a pixel.
 *
 * <p>The bytes are not copied and, by convention, not changed once an image has been handed on.
 *
 * @param height the number of rows
 * @param width the number of pixels of a row
 * @param rgb {@code height * width * 3} unsigned bytes
 */
public record Pixels(int height, int width, byte[] rgb) {

  /**
   * Checks that the bytes have the size that the sides ask for.
   *
   * @throws IllegalArgumentException if they have another, or a side is below 1
   */
  public Pixels {
    if (height < 1 || width < 1 || rgb.length != 3L * height * width) {
      throw new IllegalArgumentException(
          "an image of %d x %d pixels needs %d bytes, given %d"
              .formatted(height, width, 3L * height * width, rgb.length));
    }
  }

  /** The rectangle at this place, which may reach over the edges: outside the image is black. */
  public Pixels crop(int top, int left, int height, int width) {
    if (top == 0 && left == 0 && height == this.height && width == this.width) {
      return this;
    }
    byte[] dst = new byte[3 * height * width];
    int firstRow = Math.max(0, -top);
    int endRow = Math.min(height, this.height - top);
    int firstColumn = Math.max(0, -left);
    int columns = Math.min(width, this.width - left) - firstColumn;
    if (columns > 0) {
      for (int y = firstRow; y < endRow; y++) {
        int from = 3 * ((top + y) * this.width + left + firstColumn);
        System.arraycopy(rgb, from, dst, 3 * (y * width + firstColumn), 3 * columns);
      }
    }
    return new Pixels(height, width, dst);
  }

  /**
   * The image moved to the right and down, and reflected at its edges, which are not repeated.
   *
   * @throws IllegalArgumentException if it is moved by as many pixels as it has, or more
   */
  public Pixels translate(int right, int down) {
    if (Math.abs(right) >= width || Math.abs(down) >= height) {
      throw new IllegalArgumentException(
          "an image of %d x %d pixels cannot be moved by %d and %d: expected less than its sides"
              .formatted(width, height, right, down));
    }
    byte[] dst = new byte[rgb.length];
    for (int y = 0, to = 0; y < height; y++) {
      int row = reflect(y - down, height) * width;
      for (int x = 0; x < width; x++, to += 3) {
        int from = 3 * (row + reflect(x - right, width));
        dst[to] = rgb[from];
        dst[to + 1] = rgb[from + 1];
        dst[to + 2] = rgb[from + 2];
      }
    }
    return new Pixels(height, width, dst);
  }

  private static int reflect(int i, int n) {
    int inside = Math.abs(i);
    return inside < n ? inside : 2 * (n - 1) - inside;
  }
}
