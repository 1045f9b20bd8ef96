package dev.residual.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The size and the first bytes of a file, which tell most wrong files from right ones.
 *
 * @param size the size of the file in bytes, at least 1
 * @param text the first bytes, at most {@value #LENGTH}, each as one character
 */
record FileHead(long size, String text) {
  private static final int LENGTH = 64;

  /**
   * Reads the head of a file.
   *
   * @throws IOException if it is missing, empty, no file, or a web page under another name
   */
  static FileHead of(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("is a folder, not a file");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException("is not a regular file");
    }
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(LENGTH);
    }
    if (bytes.length == 0) {
      throw new IOException("the file is empty");
    }
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    String start = text.strip().toLowerCase(Locale.ROOT);
    if (start.startsWith("<!doctype") || start.startsWith("<html") || start.startsWith("<?xml")) {
      throw new IOException("is a web page, not weights; perhaps a download that failed");
    }
    if (start.startsWith("version https://git-lfs")) {
      throw new IOException("is a pointer of Git LFS; `git lfs pull` fetches the file itself");
    }
    return new FileHead(Files.size(file), text);
  }
}
