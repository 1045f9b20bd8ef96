package dev.residual.io.images;

/**
 * A change of the orientation of an image: rows and columns exchanged, then mirrored.
 *
 * @param transposed whether rows become columns
 * @param mirrored whether left and right are exchanged, after that
 * @param flipped whether top and bottom are
 */
record Turn(boolean transposed, boolean mirrored, boolean flipped) {

  /** What puts a picture upright, whose first row and column lie as EXIF's number says. */
  static Turn of(int orientation) {
    return new Turn(
        orientation >= 5,
        orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7,
        orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8);
  }

  Pixels apply(Pixels image) {
    if (!transposed && !mirrored && !flipped) {
      return image;
    }
    int height = transposed ? image.width() : image.height();
    int width = transposed ? image.height() : image.width();
    byte[] src = image.rgb();
    byte[] dst = new byte[src.length];
    int to = 0;
    for (int y = 0; y < height; y++) {
      int row = flipped ? height - 1 - y : y;
      for (int x = 0; x < width; x++) {
        int column = mirrored ? width - 1 - x : x;
        int from = 3 * (transposed ? column * image.width() + row : row * width + column);
        dst[to++] = src[from];
        dst[to++] = src[from + 1];
        dst[to++] = src[from + 2];
      }
    }
    return new Pixels(height, width, dst);
  }
}
