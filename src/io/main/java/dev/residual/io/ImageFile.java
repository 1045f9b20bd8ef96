package dev.residual.io;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/**
 * Decoding of image files: JPEG, PNG, BMP, GIF (the first picture), and whatever else the {@code
 * ImageIO} providers on the class path read.
 *
 * <p>Grey becomes red, green and blue of the same value; transparency, embedded colour profiles and
 * the orientation of the camera are ignored, as training pipelines do. All methods are safe for use
 * by many threads at once.
 */
public final class ImageFile {
  /** The largest number of pixels that is decoded; larger images are refused unread. */
  public static final int MAX_PIXELS = 100_000_000;

  /** The largest number of bytes of a file that is decoded. */
  static final int MAX_BYTES = 1 << 28;

  private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "png", "bmp", "gif");

  /** All that there are, those of the JDK first: they leave colours alone. */
  private static final List<ImageReaderSpi> PROVIDERS = providers();

  private ImageFile() {}

  /** Whether a file of this name is taken for an image, by its extension. */
  static boolean isImage(String name) {
    return EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  /**
   * Reads and decodes a file.
   *
   * @throws IOException naming the file, if it cannot be read, is damaged or cut short, is no
   *     image, or has more than {@link #MAX_PIXELS} pixels
   */
  public static Pixels read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
    return decode(file.toString(), bytes);
  }

  /**
   * Decodes the content of a file.
   *
   * @param name the file's name, for messages
   * @throws IOException as {@link #read}
   */
  public static Pixels decode(String name, byte[] bytes) throws IOException {
    if (bytes.length == 0 || bytes.length > MAX_BYTES) {
      throw new IOException(
          "%s: the file %s"
              .formatted(
                  name,
                  bytes.length == 0 ? "is empty" : "has more than " + (MAX_BYTES >> 20) + " MiB"));
    }
    IOException failure = null;
    for (ImageReaderSpi provider : PROVIDERS) {
      if (!provider.canDecodeInput(new ByteArrayInput(bytes))) {
        continue;
      }
      ImageReader reader = provider.createReaderInstance();
      try {
        return decode(reader, bytes);
      } catch (IOException | RuntimeException e) {
        // Readers meet hostile bytes with all sorts of runtime exceptions.
        String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        IOException next = new IOException(name + ": cannot decode the image: " + reason, e);
        if (failure == null) {
          failure = next;
        } else {
          failure.addSuppressed(next);
        }
      } finally {
        reader.dispose();
      }
    }
    throw failure != null
        ? failure
        : new IOException(name + ": the file is not a JPEG, PNG, BMP or GIF image");
  }

  private static Pixels decode(ImageReader reader, byte[] bytes) throws IOException {
    ByteArrayInput input = new ByteArrayInput(bytes);
    reader.setInput(input, true, true);
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    if ((long) width * height > MAX_PIXELS) {
      throw new IOException(
          "its %d x %d pixels are more than the %d million that are accepted"
              .formatted(width, height, MAX_PIXELS / 1_000_000));
    }
    BufferedImage image = reader.read(0);
    if (input.exhausted()) {
      // The JPEG reader fills up what is missing with grey and merely warns.
      throw new IOException("it is cut short");
    }
    return Rasters.toPixels(image);
  }

  private static List<ImageReaderSpi> providers() {
    List<ImageReaderSpi> providers = new ArrayList<>();
    IIORegistry.getDefaultInstance()
        .getServiceProviders(ImageReaderSpi.class, true)
        .forEachRemaining(providers::add);
    providers.sort(
        Comparator.comparing(p -> !p.getClass().getName().startsWith("com.sun.imageio.")));
    return List.copyOf(providers);
  }
}
