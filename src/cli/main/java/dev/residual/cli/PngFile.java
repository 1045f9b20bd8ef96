package dev.residual.cli;

import dev.residual.io.files.AtomicFile;
import dev.residual.io.images.Pixels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Images as PNG files. */
final class PngFile {
  private PngFile() {}

  /** Replaces a file by an image, each pixel drawn as a square of this side. */
  static void write(Path file, Pixels image, int scale) throws IOException {
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
    write(file, picture);
  }

  /** Replaces a file by a picture. */
  static void write(Path file, BufferedImage picture) throws IOException {
    AtomicFile.write(
        file,
        out -> {
          if (!ImageIO.write(picture, "png", out)) {
            throw new IOException("this Java cannot write PNG");
          }
        });
  }
}
