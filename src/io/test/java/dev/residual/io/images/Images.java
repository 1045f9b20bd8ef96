package dev.residual.io.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Images and data sets for tests. */
public final class Images {
  private Images() {}

  /** Byte c of the pixel at (y, x) is {@code (37 y + 91 x + 53 c + 7 x y) mod 256}. */
  public static Pixels pattern(int height, int width) {
    byte[] rgb = new byte[3 * height * width];
    for (int y = 0, i = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          rgb[i++] = (byte) (37 * y + 91 * x + 53 * c + 7 * x * y);
        }
      }
    }
    return new Pixels(height, width, rgb);
  }

  /** The pattern with values between 40 and 199: {@code 40 + 5 v / 8}. */
  public static Pixels dull(int height, int width) {
    byte[] rgb = pattern(height, width).rgb();
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (40 + (rgb[i] & 0xFF) * 5 / 8);
    }
    return new Pixels(height, width, rgb);
  }

  /** Left and right exchanged. */
  public static Pixels mirrored(Pixels image) {
    byte[] rgb = new byte[image.rgb().length];
    for (int i = 0; i < rgb.length; i++) {
      int x = i / 3 % image.width();
      rgb[i + 3 * (image.width() - 1 - 2 * x)] = image.rgb()[i];
    }
    return new Pixels(image.height(), image.width(), rgb);
  }

  /** The image as a file of this format. */
  public static byte[] encode(Pixels image, String format) throws IOException {
    BufferedImage rgb =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    byte[] bytes = image.rgb();
    for (int i = 0; i < bytes.length; i += 3) {
      int color = (bytes[i] & 0xFF) << 16 | (bytes[i + 1] & 0xFF) << 8 | (bytes[i + 2] & 0xFF);
      rgb.setRGB(i / 3 % image.width(), i / 3 / image.width(), color);
    }
    return encode(rgb, format);
  }

  /** The image as a JPEG file of several scans. */
  public static byte[] progressive(Pixels image) throws IOException {
    BufferedImage source =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_3BYTE_BGR);
    source.getRaster().setDataElements(0, 0, image.width(), image.height(), image.rgb());
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam progressive = writer.getDefaultWriteParam();
    progressive.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(null, new IIOImage(source, null, null), progressive);
    }
    return out.toByteArray();
  }

  public static byte[] encode(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (!ImageIO.write(image, format, out)) {
      throw new IOException("no writer for " + format);
    }
    return out.toByteArray();
  }

  /**
   * Writes a small PNG image at each path below the folder; a path with a slash at its end makes a
   * folder.
   */
  public static Path folder(Path root, String... paths) throws IOException {
    for (int i = 0; i < paths.length; i++) {
      Path path = root.resolve(paths[i]);
      if (paths[i].endsWith("/")) {
        Files.createDirectories(path);
      } else {
        Files.createDirectories(path.getParent());
        Files.write(path, encode(pattern(4 + i, 5), "png"));
      }
    }
    return root;
  }

  /** The same in an archive. */
  public static Path zip(Path file, String... paths) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < paths.length; i++) {
        zip.putNextEntry(new ZipEntry(paths[i]));
        if (!paths[i].endsWith("/")) {
          zip.write(encode(pattern(4 + i, 5), "png"));
        }
      }
    }
    return file;
  }
}
