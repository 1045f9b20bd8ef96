package dev.residual.io.files;

import java.nio.charset.StandardCharsets;

/** The check of text before it is written: encoders silently damage half a surrogate pair. */
public final class Utf8 {
  private Utf8() {}

  /**
   * This text.
   *
   * @throws IllegalArgumentException if it has half a surrogate pair
   */
  public static String check(String text) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new IllegalArgumentException(
          "the name has half a surrogate pair: " + FileErrors.quote(text));
    }
    return text;
  }
}
