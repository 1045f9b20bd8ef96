package dev.residual.cli.picture;

import dev.residual.io.files.AtomicFile;
import dev.residual.io.images.Pixels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Images as PNG files. */
public final class PngFile {
  private PngFile() {}

  /** Replaces a file by an image, each pixel drawn as a square of this side. */
  public static void write(Path file, Pixels image, int scale) throws IOException {
    write(file, picture(image, scale));
  }

  /** Replaces a file by a picture. */
  public static void write(Path file, BufferedImage picture) throws IOException {
    // Encoders hide why a stream cannot be written.
    byte[] bytes = bytes(picture);
    AtomicFile.write(file, out -> out.write(bytes));
  }

  /** The content of a file with a picture. */
  public static byte[] bytes(BufferedImage picture) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (!ImageIO.write(picture, "png", out)) {
      throw new IOException("this Java cannot write PNG");
    }
    return out.toByteArray();
  }

  /** A picture of an image, each pixel drawn as a square of this side. */
  public static BufferedImage picture(Pixels image, int scale) {
    BufferedImage picture =
        new BufferedImage(
            image.width() * scale, image.height() * scale, BufferedImage.TYPE_INT_RGB);
    byte[] rgb = image.rgb();
    for (int y = 0; y < picture.getHeight(); y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        int i = 3 * (y / scale * image.width() + x / scale);
        picture.setRGB(
            x, y, (rgb[i] & 0xFF) << 16 | (rgb[i + 1] & 0xFF) << 8 | (rgb[i + 2] & 0xFF));
      }
    }
    return picture;
  }
}
