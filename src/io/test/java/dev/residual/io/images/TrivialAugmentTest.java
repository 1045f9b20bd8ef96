package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.images.TrivialAugment.Operation;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrivialAugmentTest {

  /**
   * CRC-32 of the bytes that {@code _apply_op} of torchvision 0.28 gives with Pillow 12.3: of two
   * images, both signs, all strengths.
   */
  @ParameterizedTest
  @CsvSource({
    "IDENTITY, bb748804",
    "SHEAR_X, f39d3dd0",
    "SHEAR_Y, 74c9626c",
    "TRANSLATE_X, 5e86f63f",
    "TRANSLATE_Y, acc85f7a",
    "ROTATE, 4d7bb29d",
    "BRIGHTNESS, 52b3a812",
    "COLOR, 1d096c44",
    "CONTRAST, 079ba00c",
    "SHARPNESS, a4d0baea",
    "POSTERIZE, 8b6968d8",
    "SOLARIZE, f638553a",
    "AUTO_CONTRAST, db80361f",
    "EQUALIZE, f100c62e"
  })
  void pixelsAreTorchvisions(Operation operation, String crc32) {
    CRC32 crc = new CRC32();
    for (Pixels image : new Pixels[] {Images.pattern(32, 32), Images.dull(37, 29)}) {
      for (boolean negative : new boolean[] {false, true}) {
        for (int strength = 0; strength < TrivialAugment.STRENGTHS; strength++) {
          crc.update(TrivialAugment.apply(image, operation, strength, negative).rgb());
        }
      }
    }
    assertThat(String.format("%08x", crc.getValue())).isEqualTo(crc32);
  }

  @Test
  void everyChangeIsReached() {
    Set<CrcOf> expected = new HashSet<>();
    Set<CrcOf> found = new HashSet<>();
    Pixels image = Images.dull(32, 32);
    for (Operation operation : Operation.values()) {
      for (int strength = 0; strength < TrivialAugment.STRENGTHS; strength++) {
        expected.add(new CrcOf(TrivialAugment.apply(image, operation, strength, false)));
        expected.add(new CrcOf(TrivialAugment.apply(image, operation, strength, true)));
      }
    }
    SplitMix random = new SplitMix(1);
    for (int i = 0; i < 15_000; i++) {
      found.add(new CrcOf(new TrivialAugment().apply(image, random)));
    }
    assertThat(found).isEqualTo(expected);
  }

  private record CrcOf(long crc) {
    CrcOf(Pixels image) {
      CRC32 crc = new CRC32();
      crc.update(image.rgb());
      this(crc.getValue());
    }
  }

  @Test
  void oneColorAndOnePixelAreNoHarm() {
    for (Operation operation : Operation.values()) {
      for (int side : new int[] {1, 2}) {
        Pixels black = new Pixels(side, side, new byte[3 * side * side]);
        Pixels changed = TrivialAugment.apply(black, operation, 30, true);
        assertThat(changed.rgb()).as(operation.name()).hasSize(3 * side * side);
      }
    }
  }
}
