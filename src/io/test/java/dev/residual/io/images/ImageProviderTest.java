package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import org.junit.jupiter.api.Test;

class ImageProviderTest {

  @Test
  void providersAreFoundWhateverTheThreadSees() throws IOException {
    PillowImages image = PillowImages.of("tiff-rgb-tiff_lzw").getFirst();
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    IIORegistry registry = IIORegistry.getDefaultInstance();
    List<ImageReaderSpi> registered = registered(registry);
    registered.forEach(registry::deregisterServiceProvider);
    try {
      for (ClassLoader blind : new ClassLoader[] {null, ClassLoader.getPlatformClassLoader()}) {
        thread.setContextClassLoader(blind);
        ImageProvider fresh = new ImageProvider("TIFF", "imageio-tiff", "tiff.TIFF");

        assertThat(fresh.description()).startsWith("imageio-tiff ");
        assertThat(PillowImages.checksum(ImageFile.decode("x", image.file())))
            .isEqualTo(image.stored());
      }
    } finally {
      thread.setContextClassLoader(before);
      registered.forEach(registry::registerServiceProvider);
    }
  }

  private static List<ImageReaderSpi> registered(IIORegistry registry) {
    List<ImageReaderSpi> providers = new ArrayList<>();
    registry.getServiceProviders(ImageReaderSpi.class, true).forEachRemaining(providers::add);
    providers.removeIf(provider -> !provider.getClass().getName().startsWith("com.twelvemonkeys"));
    return providers;
  }

  @Test
  void whatIsMissingIsNamed() {
    ImageProvider absent = new ImageProvider("WebP", "imageio-webp", "absent.Absent");

    assertThat(absent.description()).isNull();
    assertThatThrownBy(() -> absent.read(new byte[0], reader -> 0))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "WebP images need com.twelvemonkeys.imageio:imageio-webp on the class path or module"
                + " path");
  }
}
