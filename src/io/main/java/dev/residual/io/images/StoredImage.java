package dev.residual.io.images;

import java.io.IOException;

/** An image file of a store; safe for use by many threads. */
public interface StoredImage {

  /** The path inside of the store, parts separated by slashes. */
  String path();

  /** Reads and decodes the image, as {@link ImageFile#read(java.nio.file.Path, Orientation)}. */
  Pixels read(Orientation orientation) throws IOException;
}
