package dev.residual.io.images;

/** Where in an image a square lies. */
enum Place {
  MIDDLE,
  TOP_LEFT,
  TOP_RIGHT,
  BOTTOM_LEFT,
  BOTTOM_RIGHT;

  /**
   * The square of this side; in an image that is smaller, one at an edge reaches over the other.
   */
  Box box(int height, int width, int side) {
    boolean bottom = this == BOTTOM_LEFT || this == BOTTOM_RIGHT;
    boolean right = this == TOP_RIGHT || this == BOTTOM_RIGHT;
    return this == MIDDLE
        ? Box.center(height, width, side)
        : new Box(bottom ? height - side : 0, right ? width - side : 0, side, side);
  }
}
