package dev.residual.cli.output;

import java.util.Locale;
import java.util.regex.Pattern;

/** Numbers and names as the command line writes them, in every country alike. */
public final class Text {
  /** Controls of both sets, formats such as directions, and separators of lines and paragraphs. */
  private static final Pattern INVISIBLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+");

  private Text() {}

  /** One line of what may come from files, without what a terminal would obey. */
  public static String line(String text) {
    return INVISIBLE.matcher(text).replaceAll(" ");
  }

  public static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  /** A whole number with commas, as 11,689,512. */
  public static String count(long number) {
    return format("%,d", number);
  }

  /** A part of one as 81.03 %. */
  public static String percent(double part) {
    return Double.isNaN(part) ? "-" : format("%.2f %%", 100 * part);
  }

  /** A size as 1.50 GiB. */
  public static String bytes(long bytes) {
    return bytes >= 1L << 30
        ? format("%.2f GiB", bytes / 0x1p30)
        : bytes >= 1L << 20 ? format("%.1f MiB", bytes / 0x1p20) : count(bytes) + " bytes";
  }

  /** A time as 45 s, 3:05 or 1:02:03. */
  public static String duration(double seconds) {
    long s = Math.round(Math.min(seconds, 1e9));
    return s < 60
        ? s + " s"
        : s < 3600
            ? format("%d:%02d", s / 60, s % 60)
            : format("%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }

  /** Images in a second, with as many digits as say something. */
  public static String speed(double imagesPerSecond) {
    return format(imagesPerSecond < 100 ? "%.1f images/s" : "%.0f images/s", imagesPerSecond);
  }
}
