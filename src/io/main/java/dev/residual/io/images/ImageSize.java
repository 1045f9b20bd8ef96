package dev.residual.io.images;

import java.io.IOException;

/**
 * The size that the header of an image states, checked before memory is taken for its pixels.
 *
 * @param width the number of pixels of a row
 * @param height the number of rows
 */
record ImageSize(int width, int height) {
  /** So many pixels cost next to nothing, whatever the size of the file. */
  private static final int FREE = 1 << 20;

  /**
   * A size within the limits.
   *
   * @param most the most pixels that the bytes of the file can be the code of
   * @throws IOException if there are no pixels, too many, or more than the file can hold
   */
  static ImageSize of(long width, long height, long most) throws IOException {
    if (width < 1 || height < 1) {
      throw new IOException("its header states %d x %d pixels".formatted(width, height));
    }
    // Neither factor has more than 32 bits: what does not fit is negative.
    long pixels = width * height;
    if (pixels < 0 || pixels > ImageFile.MAX_PIXELS) {
      throw new IOException(
          "its %d x %d pixels are more than the %d million that are accepted"
              .formatted(width, height, ImageFile.MAX_PIXELS / 1_000_000));
    }
    if (pixels > Math.max(FREE, most)) {
      throw new IOException(
          "it is cut short: its %d x %d pixels are more than a file of its size can hold"
              .formatted(width, height));
    }
    return new ImageSize((int) width, (int) height);
  }

  /** Room for the red, green and blue of all pixels. */
  byte[] rgb() {
    return new byte[3 * height * width];
  }
}
