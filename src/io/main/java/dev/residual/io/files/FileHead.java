package dev.residual.io.files;

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
public record FileHead(long size, String text) {
  private static final int LENGTH = 512;
  private static final int TAR = 257;
  private static final int HEADER = Long.BYTES;

  /** The formats of files that weights come in, and those they are mistaken for. */
  public enum Format {
    SAFETENSORS,
    ZIP,
    PICKLE,
    TAR,
    GZIP,
    ONNX,
    HDF5,
    UNKNOWN
  }

  /**
   * Reads the head of a file.
   *
   * @throws IOException naming the file, if it is missing, empty, no file, or a web page under
   *     another name
   */
  public static FileHead of(Path file) throws IOException {
    try {
      return read(file);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
  }

  private static FileHead read(Path file) throws IOException {
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

  /** The format that the bytes tell; a file's name does not matter. */
  public Format format() {
    // The length of the header of safetensors may begin as any other format does.
    if (isSafetensors()) {
      return Format.SAFETENSORS;
    }
    if (text.startsWith("PK")) {
      return Format.ZIP;
    }
    if (text.startsWith("\u0080")) {
      return Format.PICKLE;
    }
    if (text.startsWith("ustar", TAR)) {
      return Format.TAR;
    }
    if (text.startsWith("\u001f\u008b")) {
      return Format.GZIP;
    }
    if (text.startsWith("\u0089HDF")) {
      return Format.HDF5;
    }
    // A version below 128, and then the name or the version of the program that wrote it.
    boolean onnx = text.length() > 2 && text.charAt(0) == 8 && text.charAt(1) < 128;
    return onnx && "\22\32\"\50\72".indexOf(text.charAt(2)) >= 0 ? Format.ONNX : Format.UNKNOWN;
  }

  private boolean isSafetensors() {
    if (text.length() <= HEADER || text.charAt(HEADER) != '{') {
      return false;
    }
    long length = 0;
    for (int i = HEADER - 1; i >= 0; i--) {
      length = length << Byte.SIZE | text.charAt(i);
    }
    return length > 0 && length <= size - HEADER;
  }
}
