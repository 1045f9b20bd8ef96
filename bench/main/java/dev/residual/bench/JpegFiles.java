package dev.residual.bench;

import dev.residual.io.data.DataSet;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.images.Pixels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** The JPEG files that benchmarks decode. */
public final class JpegFiles {
  /** How many there are. */
  public static final int COUNT = 64;

  /** What chooses drawn images of 500 x 500 pixels. */
  public static final String DRAWN = "drawn";

  private static final int SIDE = 500;

  private JpegFiles() {}

  /**
   * The contents of the files.
   *
   * @param images {@link #DRAWN}, or a folder, below which the first files .jpg or .JPEG are taken
   * @throws IOException if the folder has fewer
   */
  public static List<byte[]> of(String images) throws IOException {
    return images.equals(DRAWN) ? drawn() : read(Path.of(images));
  }

  private static List<byte[]> drawn() throws IOException {
    List<byte[]> files = new ArrayList<>();
    try (DataSet shapes = new DrawnShapes(COUNT, SIDE, 1)) {
      for (int i = 0; i < COUNT; i++) {
        Pixels pixels = shapes.image(i);
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_3BYTE_BGR);
        image.getRaster().setDataElements(0, 0, SIDE, SIDE, pixels.rgb());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (!ImageIO.write(image, "jpeg", out)) {
          throw new IOException("this JDK writes no JPEG images");
        }
        files.add(out.toByteArray());
      }
    }
    return files;
  }

  private static List<byte[]> read(Path folder) throws IOException {
    List<byte[]> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(JpegFiles::isJpeg).sorted().limit(COUNT).toList()) {
        files.add(Files.readAllBytes(file));
      }
    }
    if (files.size() < COUNT) {
      throw new IOException(folder + " has fewer than %d JPEG images".formatted(COUNT));
    }
    return files;
  }

  private static boolean isJpeg(Path file) {
    return file.toString().endsWith(".jpg") || file.toString().endsWith(".JPEG");
  }
}
