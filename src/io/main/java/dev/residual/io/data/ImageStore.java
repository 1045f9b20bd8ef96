package dev.residual.io.data;

import java.io.Closeable;
import java.io.IOException;

/** A tree of files that images are read from; safe for use by many threads. */
interface ImageStore extends Closeable {

  /** Where the store is, as the user knows it. */
  String location();

  /** Looks for images; hidden files are passed over. */
  Folder find() throws IOException;

  /** Whether a file or folder is left out: hidden ones, and what systems add of their own. */
  static boolean isHidden(String name) {
    return name.startsWith(".")
        || name.equals("__MACOSX")
        || name.equalsIgnoreCase("Thumbs.db")
        || name.equalsIgnoreCase("desktop.ini");
  }
}
