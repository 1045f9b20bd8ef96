package dev.residual.io.images;

import java.io.IOException;

/**
 * A decoded image, and where it says which way up it belongs.
 *
 * @param pixels as they are stored
 * @param exif gives the content of its EXIF data, empty if there are none
 */
record Picture(Pixels pixels, Exif exif) {

  /** What may have to be read yet. */
  @FunctionalInterface
  interface Exif {
    byte[] read() throws IOException;
  }

  /** A picture of a format that has no EXIF data. */
  static Picture of(Pixels pixels) {
    return new Picture(pixels, () -> new byte[0]);
  }

  Pixels pixels(Orientation wanted) throws IOException {
    return wanted == Orientation.STORED
        ? pixels
        : Turn.of(ExifDirectory.orientation(exif.read())).apply(pixels);
  }
}
