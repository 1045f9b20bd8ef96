package dev.residual.io.files;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The last name of a path, whatever the locale: names of files are bytes, which are UTF-8. */
public final class FileName {
  /** What stands for bytes that are no text in the locale's encoding. */
  private static final char UNKNOWN = '\uFFFD';

  private FileName() {}

  /** The name, in Latin-1 if it is no UTF-8, so that different names stay different. */
  public static String of(Path path) {
    Path last = path.getFileName();
    String name = last == null ? "" : last.toString();
    if (name.indexOf(UNKNOWN) < 0) {
      return name;
    }
    // An address has the bytes themselves; of a folder it ends with a slash.
    String escaped = path.toUri().getRawPath();
    int end = escaped.endsWith("/") ? escaped.length() - 1 : escaped.length();
    byte[] bytes = bytes(escaped.substring(escaped.lastIndexOf('/', end - 1) + 1, end));
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }

  private static byte[] bytes(String escaped) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < escaped.length(); i++) {
      if (escaped.charAt(i) == '%') {
        bytes.write(Integer.parseInt(escaped, i + 1, i + 3, 16));
        i += 2;
      } else {
        bytes.write(escaped.charAt(i));
      }
    }
    return bytes.toByteArray();
  }
}
