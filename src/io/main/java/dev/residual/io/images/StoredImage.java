package dev.residual.io.images;

import java.io.IOException;

/** An image file of a store; safe for use by many threads. */
public interface StoredImage {

  /** The path inside of the store, parts separated by slashes. */
  String path();

  /** Reads and decodes the image. */
  Pixels read() throws IOException;
}
