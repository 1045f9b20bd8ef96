package dev.residual.io.files;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;

/** The wording of what is wrong with a file: one line that names the file and the reason. */
public final class FileErrors {
  private static final int LONGEST = 400;

  /** Controls of both sets, formats, halves of pairs, and separators of lines and paragraphs. */
  private static final Pattern INVISIBLE =
      Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]+");

  private FileErrors() {}

  /** An exception that names the file before the reason of this one. */
  public static IOException in(Path file, Throwable cause) {
    String reason =
        switch (cause) {
          case NoSuchFileException missing -> "no such file";
          case AccessDeniedException denied -> "permission denied";
          case EOFException end -> "the file is truncated";
          case OutOfMemoryError memory ->
              "the Java heap has no room for what it holds; a larger -Xmx helps";
          // Its message names the file again.
          case FileSystemException other when other.getReason() != null -> other.getReason();
          default -> Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getName());
        };
    return new IOException(printable(file.toString()) + ": " + line(reason), cause);
  }

  /** Text from a file, in quotes, safe to print: without control characters and not too long. */
  public static String quote(Object text) {
    String string = String.valueOf(text);
    return "'" + line(string.length() > 100 ? string.substring(0, 100) + "..." : string) + "'";
  }

  /** Text of one line, without what a terminal would obey: controls and marks of direction. */
  public static String printable(String text) {
    return INVISIBLE.matcher(text).replaceAll(" ");
  }

  private static String line(String text) {
    // What is cut off is not looked at: it may be long.
    boolean cut = text.length() > LONGEST;
    return printable(cut ? text.substring(0, LONGEST) + "..." : text);
  }
}
