package dev.residual.io.images;

/** A rectangle of pixels; it may reach over the edges of what it is a part of. */
record Box(int top, int left, int height, int width) {

  static Box of(Pixels image) {
    return new Box(0, 0, image.height(), image.width());
  }

  /** The square in the middle, rounded to pixels as torchvision's center_crop does. */
  static Box center(int height, int width, int side) {
    return new Box(middle(height, side), middle(width, side), side, side);
  }

  private static int middle(int extent, int side) {
    return extent < side ? -((side - extent) / 2) : (int) Math.rint((extent - side) / 2.0);
  }
}
