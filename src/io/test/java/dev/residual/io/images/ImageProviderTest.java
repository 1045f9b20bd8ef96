package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ImageProviderTest {

  @Test
  void providersAreFoundWhateverTheThreadSees() throws IOException {
    PillowImages image = PillowImages.of("tiff-rgb-tiff_lzw").getFirst();
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
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
    }
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
