package dev.residual.io.images;

import static dev.residual.io.images.PillowImages.checksum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.bindings.turbojpeg.TurboJpegLibrary;
import dev.residual.bindings.webp.WebPLibrary;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each decoder of each format gives the pixels of Pillow. */
class PillowImagesTest {
  static List<PillowImages> all() {
    return PillowImages.of("");
  }

  /** Those of one picture alone. */
  static List<PillowImages> wholes() {
    return all().stream().filter(image -> !image.name().equals("tiff-pages")).toList();
  }

  static List<PillowImages> jpegs() {
    return PillowImages.of("jpeg");
  }

  static List<PillowImages> losslessWebPs() {
    return PillowImages.of("webp-lossless");
  }

  static List<PillowImages> lossyWebPs() {
    return PillowImages.of("webp-lossy");
  }

  @ParameterizedTest
  @MethodSource("all")
  void filesAreDecodedAndTurnedLikePillow(PillowImages image) throws IOException {
    if (image.name().startsWith("webp-lossy")) {
      assumeTrue(WebPLibrary.isAvailable(), "there is no libwebp");
    }

    assertThat(checksum(ImageFile.decode("x", image.file()))).isEqualTo(image.stored());
    assertThat(checksum(ImageFile.decode("x", image.file(), Orientation.UPRIGHT)))
        .isEqualTo(image.upright());
  }

  @ParameterizedTest
  @MethodSource("jpegs")
  void theJdkGivesThePixelsOfLibjpeg(PillowImages image) throws IOException {
    JpegStream stream = JpegStream.read(image.input());

    assertThat(checksum(JpegDecoder.pixels(stream, JdkJpegDecoder.decode(stream))))
        .isEqualTo(image.stored());
  }

  @ParameterizedTest
  @MethodSource("jpegs")
  void theLibraryGivesThePixelsOfLibjpeg(PillowImages image) throws IOException {
    assumeTrue(TurboJpegLibrary.isAvailable(), "there is no libturbojpeg");
    JpegStream stream = JpegStream.read(image.input());

    assertThat(checksum(JpegDecoder.pixels(stream, TurboJpegDecoder.decode(stream))))
        .isEqualTo(image.stored());
  }

  @Test
  void theTrialOfTheLibraryExpectsWhatTheJdkGives() throws IOException {
    byte[] jpeg = Base64.getDecoder().decode(TurboJpegDecoder.Trial.IMAGE);
    PillowImages image = new PillowImages("trial", 0, 0, jpeg);
    CRC32 crc = new CRC32();
    crc.update(JdkJpegDecoder.decode(JpegStream.read(image.input())));

    assertThat(crc.getValue()).isEqualTo(TurboJpegDecoder.Trial.CHECKSUM);
  }

  @ParameterizedTest
  @MethodSource("losslessWebPs")
  void theProviderIsExactOnLosslessImages(PillowImages image) throws IOException {
    WebPStream stream = WebPStream.of(image.file());

    assertThat(checksum(stream.place(WebPDecoder.byProvider(stream)))).isEqualTo(image.stored());
  }

  /** Images of noise at the lowest resolution of chroma are the worst that there are. */
  @ParameterizedTest
  @MethodSource("lossyWebPs")
  void theProviderIsNearOnLossyImages(PillowImages image) throws IOException {
    assumeTrue(WebPLibrary.isAvailable(), "there is no libwebp");
    WebPStream stream = WebPStream.of(image.file());
    byte[] exact = WebPDecoder.byLibrary(stream).rgb();
    byte[] near = WebPDecoder.byProvider(stream).rgb();
    double sum = 0;
    for (int i = 0; i < exact.length; i++) {
      sum += Math.abs((exact[i] & 0xFF) - (near[i] & 0xFF));
    }

    assertThat(sum / exact.length).isBetween(0.0, 20.0);
  }

  @ParameterizedTest
  @MethodSource("wholes")
  void filesCutShortAreRefused(PillowImages image) {
    byte[] cut = Arrays.copyOf(image.file(), image.file().length / 2);

    assertThatThrownBy(() -> ImageFile.decode("x", cut))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("x: cannot decode the image: ");
  }
}
