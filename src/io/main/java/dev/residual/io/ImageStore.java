package dev.residual.io;

import java.io.Closeable;
import java.io.IOException;
import java.util.SortedSet;

/** A tree of files that images are read from; safe for use by many threads. */
interface ImageStore extends Closeable {

  /** Where the store is, as the user knows it. */
  String location();

  /** The paths of the image files, parts separated by slashes. */
  SortedSet<String> images();

  /** The paths of the folders, without slashes at the end. */
  SortedSet<String> folders();

  /** Reads and decodes an image. */
  Pixels read(String path) throws IOException;

  /** Whether a file or folder is left out: hidden ones, and what macOS adds to archives. */
  static boolean isHidden(String name) {
    return name.startsWith(".") || name.equals("__MACOSX");
  }
}
