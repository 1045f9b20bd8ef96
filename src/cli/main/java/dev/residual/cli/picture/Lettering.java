package dev.residual.cli.picture;

import dev.residual.cli.output.Text;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;

/** Words in a picture. On a machine without fonts none are drawn, and the picture remains. */
public final class Lettering {
  private static final boolean POSSIBLE = isDrawn();

  private final Graphics2D graphics;

  /** Words of this height in pixels, in the colour of the graphics. */
  Lettering(Graphics2D graphics, int size) {
    this.graphics = graphics;
    if (POSSIBLE) {
      graphics.setRenderingHint(
          RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
    }
  }

  /** Whether this machine has fonts. */
  public static boolean isPossible() {
    return POSSIBLE;
  }

  private static boolean isDrawn() {
    Graphics2D graphics = new BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB).createGraphics();
    try {
      graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 9));
      graphics.drawString("x", 0, 8);
      return true;
    } catch (RuntimeException | LinkageError | InternalError e) {
      // Without fonts the JDK fails in any of these ways.
      return false;
    } finally {
      graphics.dispose();
    }
  }

  /** The width of a text. */
  int width(String text) {
    return POSSIBLE ? metrics().stringWidth(Text.line(text)) : 0;
  }

  private FontMetrics metrics() {
    return graphics.getFontMetrics();
  }

  /** A text, or as much of its beginning as fits into a width. */
  String cut(String text, int width) {
    String line = Text.line(text);
    if (width(line) <= width) {
      return line;
    }
    int end = line.length();
    while (end > 0 && width(line.substring(0, end) + "…") > width) {
      end = line.offsetByCodePoints(end, -1);
    }
    return line.substring(0, end) + "…";
  }

  /** Writes a text that begins at a place. */
  void left(String text, int x, int baseline) {
    if (POSSIBLE) {
      graphics.drawString(Text.line(text), x, baseline);
    }
  }

  /** Writes a text that ends at a place. */
  void right(String text, int x, int baseline) {
    left(text, x - width(text), baseline);
  }

  /** Writes a text in the middle of a place. */
  void center(String text, int x, int baseline) {
    left(text, x - width(text) / 2, baseline);
  }

  /** Writes a text upwards. */
  void up(String text, int baseline, int y) {
    AffineTransform upright = graphics.getTransform();
    graphics.translate(baseline, y);
    graphics.rotate(-Math.PI / 2);
    left(text, 0, 0);
    graphics.setTransform(upright);
  }
}
