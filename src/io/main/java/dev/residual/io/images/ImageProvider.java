package dev.residual.io.images;

import dev.residual.io.files.ByteArrayInput;
import java.io.IOException;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import org.jspecify.annotations.Nullable;

/**
 * A library that decodes a format, found as a service provider of ImageIO by Residual's class
 * loader, by the thread's, or where ImageIO has it registered. Safe for use by many threads.
 */
final class ImageProvider {
  static final ImageProvider WEBP = new ImageProvider("WebP", "imageio-webp", "webp.WebP");
  static final ImageProvider TIFF = new ImageProvider("TIFF", "imageio-tiff", "tiff.TIFF");
  static final ImageProvider BIG_TIFF = new ImageProvider("TIFF", "imageio-tiff", "tiff.BigTIFF");

  private static final String GROUP = "com.twelvemonkeys.imageio";

  private final String format;
  private final String artifact;
  private final String className;
  private volatile @Nullable ImageReaderSpi found;

  ImageProvider(String format, String artifact, String name) {
    this.format = format;
    this.artifact = artifact;
    className = GROUP + ".plugins." + name + "ImageReaderSpi";
  }

  /** What is done with a reader that has its input. */
  @FunctionalInterface
  interface Use<T> {
    T with(ImageReader reader) throws IOException;
  }

  /** The library's name and version; null where there is none. */
  @Nullable String description() {
    ImageReaderSpi provider = find();
    return provider == null
        ? null
        : "%s %s".formatted(artifact, provider.getVersion()).stripTrailing();
  }

  /** What to do where there is none. */
  String remedy() {
    return "%s images need %s:%s on the class path or module path"
        .formatted(format, GROUP, artifact);
  }

  /**
   * Reads of the content of a file.
   *
   * @throws IOException if there is no provider, or the content is damaged
   */
  <T> T read(byte[] file, Use<T> use) throws IOException {
    ImageReaderSpi provider = find();
    if (provider == null) {
      throw new IOException(remedy());
    }
    ImageReader reader = provider.createReaderInstance();
    try {
      reader.setInput(new ByteArrayInput(file), false, true);
      return use.with(reader);
    } catch (RuntimeException e) {
      // Decoders meet hostile bytes with all sorts of them.
      throw new IOException("its data are damaged", e);
    } finally {
      reader.dispose();
    }
  }

  private @Nullable ImageReaderSpi find() {
    ImageReaderSpi known = found;
    if (known == null) {
      ClassLoader thread = Thread.currentThread().getContextClassLoader();
      known =
          Stream.of(ImageProvider.class.getClassLoader(), thread)
              .flatMap(loader -> ServiceLoader.load(ImageReaderSpi.class, loader).stream())
              .filter(provider -> provider.type().getName().equals(className))
              .map(ServiceLoader.Provider::get)
              .findFirst()
              .orElseGet(() -> registered(className));
      found = known;
    }
    return known;
  }

  /** The provider of this class that ImageIO knows. */
  static @Nullable ImageReaderSpi registered(String className) {
    var all = IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
    while (all.hasNext()) {
      ImageReaderSpi provider = all.next();
      if (provider.getClass().getName().equals(className)) {
        return provider;
      }
    }
    return null;
  }
}
