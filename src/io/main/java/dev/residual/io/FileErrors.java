package dev.residual.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/** The wording of what is wrong with a file: one line that names the file and the reason. */
final class FileErrors {
  private static final int LONGEST = 400;

  private FileErrors() {}

  /** An exception that names the file before the reason of this one. */
  static IOException in(Path file, Exception cause) {
    String reason =
        switch (cause) {
          case NoSuchFileException missing -> "no such file";
          case AccessDeniedException denied -> "permission denied";
          case EOFException end -> "the file is truncated";
          // Its message names the file again.
          case FileSystemException other when other.getReason() != null -> other.getReason();
          default -> Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getName());
        };
    return new IOException(file + ": " + line(reason), cause);
  }

  /** Text from a file, in quotes, safe to print: without control characters and not too long. */
  static String quote(Object text) {
    String string = String.valueOf(text);
    return "'" + line(string.length() > 100 ? string.substring(0, 100) + "..." : string) + "'";
  }

  private static String line(String text) {
    String line = text.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]+", " ");
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "..." : line;
  }
}
