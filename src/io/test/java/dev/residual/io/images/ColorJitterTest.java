package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CRC-32 of the bytes that torchvision 0.28 gives for images of Pillow 12.3. */
class ColorJitterTest {

  /** adjust_brightness, adjust_contrast, adjust_saturation. */
  @ParameterizedTest
  @CsvSource({
    "0.0, 95be9277, 6315f1f6, 7246fe1f",
    "0.3, b30c559e, 956e27d6, d0d327d4",
    "1.0, 5a99aeed, 5a99aeed, 5a99aeed",
    "1.7, edf81490, cbd84159, 96d5490a"
  })
  void enhancementsArePillows(double factor, String bright, String contrast, String saturation) {
    Pixels image = Images.dull(37, 29);
    assertThat(crc(Enhancement.brightness(image, factor))).isEqualTo(bright);
    assertThat(crc(Enhancement.contrast(image, factor))).isEqualTo(contrast);
    assertThat(crc(Enhancement.saturation(image, factor))).isEqualTo(saturation);
  }

  /** adjust_hue of two images. */
  @ParameterizedTest
  @CsvSource({
    "-0.5, 39c3bc8e",
    "-0.37, 621b4004",
    "-0.1, 926e0b45",
    "0.0, 3ff91007",
    "0.05, 88fe35a3",
    "0.3, edeedf31",
    "0.5, 4e17aebc"
  })
  void hueIsTorchvisions(double turn, String crc32) {
    Pixels first = Hue.shift(Images.pattern(61, 67), turn);
    Pixels second = Hue.shift(Images.dull(37, 29), turn);
    assertThat(crc(first, second)).isEqualTo(crc32);
  }

  private static String crc(Pixels... images) {
    CRC32 crc = new CRC32();
    for (Pixels image : images) {
      crc.update(image.rgb());
    }
    return String.format("%08x", crc.getValue());
  }

  @Test
  void factorsHaveTheirRanges() {
    byte[] rgb = new byte[300];
    Arrays.fill(rgb, (byte) 100);
    Pixels grey = new Pixels(10, 10, rgb);
    Set<Integer> values = new HashSet<>();
    SplitMix random = new SplitMix(1);
    for (int i = 0; i < 4000; i++) {
      values.add(new ColorJitter(0.4, 0, 0, 0).apply(grey, random).rgb()[0] & 0xFF);
    }
    assertThat(values).contains(60, 61, 100, 138, 139).allMatch(v -> v >= 60 && v <= 140);
    ColorJitter all = new ColorJitter(1, 1, 1, 0.5);
    Set<String> images = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      images.add(crc(all.apply(Images.dull(8, 8), random)));
    }
    assertThat(images).hasSizeGreaterThan(45);
  }

  @Test
  void noChangeIsNone() {
    Pixels image = Images.pattern(9, 9);
    assertThat(ColorJitter.NONE.apply(image, new SplitMix(1)).rgb()).isEqualTo(image.rgb());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ColorJitter(0, 0, 1.5, 0))
        .withMessage("saturation is 1.5, expected 0 to 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ColorJitter(0, 0, 0, 0.6))
        .withMessage("hue is 0.6, expected 0 to 0.5");
  }
}
