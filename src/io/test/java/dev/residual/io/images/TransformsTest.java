package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransformsTest {
  private final SplitMix random = new SplitMix(42);

  @Test
  void resizingAgreesWithPillow() {
    // Image.fromarray(pattern).resize((width, height), Image.BILINEAR) of Pillow 12.3
    assertThat(resize(Images.pattern(4, 6), 2, 3))
        .containsExactly(
            90, 127, 148, 125, 132, 126, 119, 156, 116, 129, 130, 137, 128, 140, 134, 130, 137,
            111);
    assertThat(resize(Images.pattern(2, 3), 3, 5))
        .containsExactly(
            0, 53, 106, 36, 89, 142, 91, 144, 197, 146, 199, 98, 182, 235, 32, 19, 72, 125, 56, 109,
            162, 113, 166, 219, 170, 146, 122, 208, 133, 58, 37, 90, 143, 76, 129, 182, 135, 188,
            241, 194, 93, 146, 233, 30, 83);
  }

  private int[] resize(Pixels image, int height, int width) {
    byte[] rgb = Transforms.resize(height, width).apply(image, random).rgb();
    int[] unsigned = new int[rgb.length];
    for (int i = 0; i < rgb.length; i++) {
      unsigned[i] = rgb[i] & 0xFF;
    }
    return unsigned;
  }

  /** CRC-32 of the bytes of torchvision's Resize and CenterCrop done with Pillow 12.3. */
  @ParameterizedTest
  @CsvSource({
    "375, 500, resize256-crop224, 8c7c0a32",
    "500, 333, resize256-crop224, ca206d04",
    "50, 40, resize256-crop224, 0f3e47b6",
    "224, 224, resize256-crop224, 475e6b4f",
    "1, 300, resize64-crop56, 1d51b56e",
    "301, 200, crop224, 8a46964d",
    "97, 103, resize33-crop40, 78ea224e",
    "600, 7, resize8-crop8, 9f8f2a32",
    "375, 500, resize256-crop224-bicubic, ff164faa",
    "500, 333, resize256-crop224-bicubic, dfeb302d",
    "50, 40, resize256-crop224-bicubic, 5e084288",
    "1, 300, resize64-crop56-bicubic, c81b6e94",
    "600, 7, resize8-crop8-bicubic, c92847de"
  })
  void evaluationAgreesWithPillowAndTorchvision(
      int height, int width, String transform, String crc32) {
    Pixels image = Transforms.parse(transform).apply(Images.pattern(height, width), random);

    CRC32 crc = new CRC32();
    crc.update(image.rgb());
    assertThat(String.format("%08x", crc.getValue())).isEqualTo(crc32);
  }

  @Test
  void noneGivesTheImageItself() {
    Pixels image = Images.pattern(3, 4);

    assertThat(Transforms.parse("none").apply(image, random)).isSameAs(image);
    assertThat(Transforms.evaluation(32).apply(Images.pattern(32, 32), random).rgb())
        .isEqualTo(Images.pattern(32, 32).rgb());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "resize256",
        "crop",
        "crop0",
        "resize0-crop1",
        "crop99999",
        "crop-1",
        "Crop5",
        "crop8-bicubic"
      })
  void otherTextsAreRefusedWithExamples(String text) {
    assertThatThrownBy(() -> Transforms.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(".*(examples: resize256-crop224|expected 1 to 2048).*");
  }

  @Test
  void halvesAreRoundedToEvenWhenCropping() {
    // Python: int(round((h - 2) / 2.0)) is 0 for h = 3, 2 for h = 5 and 7 - 1 = 6, 2.5 to 2.
    assertThat(Box.center(3, 5, 2)).isEqualTo(new Box(0, 2, 2, 2));
    assertThat(Box.center(7, 9, 2)).isEqualTo(new Box(2, 4, 2, 2));
    // A border of 5 - 2 = 3 has one pixel above and two below.
    assertThat(Box.center(2, 5, 5)).isEqualTo(new Box(-1, 0, 5, 5));
  }

  @Test
  void randomCropReachesEveryPlaceOfTheBorderedImage() {
    Transform crop = Transforms.randomCrop(6, 2);
    Pixels image = Images.pattern(6, 6);
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      Pixels part = crop.apply(image, random);
      assertThat(part.rgb()).hasSize(108);
      seen.add(java.util.Arrays.hashCode(part.rgb()));
    }
    assertThat(seen).hasSize(25);
    assertThatThrownBy(() -> Transforms.randomCrop(9, 1).apply(image, random))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("larger image than 6 x 6");
  }

  /** CRC-32 of what torch 2.13 gives: the crop of {@code pad(image, p, "reflect")}. */
  @ParameterizedTest
  @CsvSource({"-1, 2, a34a06b2", "4, -3, 4a8039a1", "8, 6, afe35aff", "-8, -6, afe35aff"})
  void translationReflectsAsTorch(int right, int down, String crc32) {
    CRC32 crc = new CRC32();
    crc.update(Images.pattern(7, 9).translate(right, down).rgb());
    assertThat(String.format("%08x", crc.getValue())).isEqualTo(crc32);
  }

  @Test
  void randomTranslationReachesEveryPlace() {
    Pixels image = Images.pattern(6, 6);
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      Pixels moved = Transforms.randomTranslation(2).apply(image, random);
      seen.add(java.util.Arrays.hashCode(moved.rgb()));
    }
    assertThat(seen).hasSize(25);
    assertThatThrownBy(() -> image.translate(6, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "an image of 6 x 6 pixels cannot be moved by 6 and 0: expected less than its sides");
  }

  @Test
  void flipExchangesLeftAndRightEveryOtherTime() {
    Pixels image = Images.pattern(2, 3);
    Pixels flipped = HorizontalFlip.flip(image);

    assertThat(flipped.crop(0, 0, 2, 1).rgb()).isEqualTo(image.crop(0, 2, 2, 1).rgb());
    assertThat(HorizontalFlip.flip(flipped).rgb()).isEqualTo(image.rgb());
    int unchanged = 0;
    for (int i = 0; i < 1000; i++) {
      unchanged += Transforms.horizontalFlip().apply(image, random) == image ? 1 : 0;
    }
    assertThat(unchanged).isBetween(440, 560);
  }

  @Test
  void trainingTransformsGiveTheAskedSideForAllImages() {
    int[][] sizes = {{1, 1}, {3, 500}, {500, 3}, {224, 224}, {300, 451}};
    for (int[] size : sizes) {
      Pixels image = Images.pattern(size[0], size[1]);
      for (int side : new int[] {32, 224}) {
        for (int i = 0; i < 5; i++) {
          Pixels part = Transforms.training(side).apply(image, random);
          assertThat(part.height()).isEqualTo(side);
          assertThat(part.width()).isEqualTo(side);
        }
      }
      assertThat(Transforms.scaleJitter(256, 480, 224).apply(image, random).rgb())
          .hasSize(3 * 224 * 224);
    }
  }

  @Test
  void jitterOfStrengthZeroChangesNothing() {
    Pixels image = Images.pattern(8, 8);

    assertThat(Transforms.colorJitter(0, 0, 0).apply(image, random).rgb()).isEqualTo(image.rgb());
    assertThat(Transforms.lightingNoise(0).apply(image, random).rgb()).isEqualTo(image.rgb());
  }

  @Test
  void saturationLeavesGreyAndBrightnessLeavesBlack() {
    byte[] bytes = new byte[300];
    java.util.Arrays.fill(bytes, (byte) 120);
    Pixels grey = new Pixels(10, 10, bytes);
    Pixels black = new Pixels(10, 10, new byte[300]);

    assertThat(Transforms.colorJitter(0, 1, 1).apply(grey, random).rgb()).isEqualTo(bytes);
    assertThat(Transforms.colorJitter(1, 0, 0).apply(black, random).rgb()).isEqualTo(black.rgb());
    assertThat(Transforms.colorJitter(1, 0, 0).apply(grey, random).rgb()).isNotEqualTo(bytes);
  }

  @Test
  void lightingShiftsAllPixelsOfAnImageAlike() {
    byte[] bytes = new byte[300];
    java.util.Arrays.fill(bytes, (byte) 120);

    byte[] lit = Transforms.lightingNoise(0.1).apply(new Pixels(10, 10, bytes), random).rgb();

    assertThat(lit).isNotEqualTo(bytes);
    for (int i = 3; i < lit.length; i++) {
      assertThat(lit[i]).isEqualTo(lit[i - 3]);
    }
  }

  @Test
  void strengthsAndSizesOutOfRangeAreRefused() {
    assertThatThrownBy(() -> Transforms.colorJitter(0, -1, 0)).hasMessageContaining("contrast");
    assertThatThrownBy(() -> Transforms.lightingNoise(Double.NaN)).hasMessageContaining("std");
    assertThatThrownBy(() -> Transforms.scaleJitter(200, 480, 224))
        .hasMessageContaining("crop <= min <= max");
    assertThatThrownBy(() -> Transforms.randomCrop(32, -1)).hasMessageContaining("padding");
  }
}
