package dev.residual.io.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Small texts in UTF-8, as lists of classes are, with or without a byte order mark. */
public final class TextFile {
  /** Lists of a hundred thousand classes have a few MiB. */
  private static final int MAX_BYTES = 1 << 24;

  private TextFile() {}

  /**
   * The lines of a file, without white space at both ends; empty ones are among them.
   *
   * @throws IOException naming the file, if it cannot be read, is no text, or is larger than 16 MiB
   */
  public static List<String> lines(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
    String name = FileErrors.printable(file.toString());
    if (bytes.length > MAX_BYTES) {
      throw new IOException(
          "%s has more than %d MiB, which no list of classes has".formatted(name, MAX_BYTES >> 20));
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IOException(name + " is not a text in UTF-8", e);
    }
    return (text.startsWith("\uFEFF") ? text.substring(1) : text)
        .lines()
        .map(String::strip)
        .toList();
  }
}
