package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.train.ViewAverage;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CRC-32 of the bytes of all views that torchvision 0.28 makes with Pillow 12.3. */
class ViewsTest {

  /** five_crop(resize(image, R), C), then hflip of each. */
  @ParameterizedTest
  @CsvSource({"375, 500, 256, 224, 91516aa5", "97, 40, 36, 32, 41aae5d7"})
  void tenCropsAreTorchvisions(int height, int width, int resize, int crop, String crc32) {
    assertThat(crc(Views.tenCrop(resize, crop), height, width)).isEqualTo(crc32);
    assertThat(crc(Views.tenCrop(Transforms.resizeCrop(resize, crop)), height, width))
        .isEqualTo(crc32);
  }

  /** Of resize(image, S) the crops at (0, 0), in the middle and at (h - S, w - S), then hflip. */
  @ParameterizedTest
  @CsvSource({
    "375, 500, 64, BILINEAR, d67496d7",
    "50, 20, 31, BILINEAR, 7eebfa0e",
    "30, 30, 30, BILINEAR, 4da67353",
    "375, 500, 64, BICUBIC, 42ab923a",
    "50, 20, 31, BICUBIC, db9af8ee"
  })
  void squaresOfAScaleShowTheWholeImage(
      int height, int width, int side, Interpolation interpolation, String crc32) {
    assertThat(crc(Views.scale(side, interpolation), height, width)).isEqualTo(crc32);
  }

  /**
   * resize and center_crop, the crops of pad(image, 1, "reflect") at 0 and 2, then hflip of each.
   */
  @ParameterizedTest
  @CsvSource({
    "375, 500, resize256-crop224, 8643e058, 1a57c0cf",
    "97, 40, resize36-crop32, a586d2ed, d9ddf4bd"
  })
  void flipsAndShiftsAreTorchs(int height, int width, String text, String flip, String shifts) {
    Transform transform = Transforms.parse(text);
    assertThat(crc(TestViews.FLIP.of(transform), height, width)).isEqualTo(flip);
    Views shifted = TestViews.SHIFTS.of(transform);
    assertThat(crc(shifted, height, width)).isEqualTo(shifts);
    assertThat(shifted.weights()).containsExactly(0.25, 0.125, 0.125, 0.25, 0.125, 0.125);
    assertThat(TestViews.IMAGE.of(transform).transforms()).containsExactly(transform);
    assertThat(Views.flip(Transforms.centerCrop(8)).side()).isEqualTo(8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Views.shifts(Transforms.none()))
        .withMessageContaining("views need a transform resizeR-cropC or cropC");
  }

  private static String crc(Views views, int height, int width) {
    CRC32 crc = new CRC32();
    for (Transform view : views.transforms()) {
      crc.update(view.apply(Images.pattern(height, width), new SplitMix(0)).rgb());
    }
    return String.format("%08x", crc.getValue());
  }

  @Test
  void sidesThatDoNotFitAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Views.tenCrop(200, 224))
        .withMessageContaining("ten crops of side 224, but a shorter side of 200");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Views.tenCrop(Transforms.none()))
        .withMessageContaining("resizeR-cropC");
    assertThatIllegalArgumentException().isThrownBy(() -> Views.scale(0, Interpolation.BILINEAR));
    assertThatIllegalArgumentException().isThrownBy(() -> new Views(8, List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Views(8, List.of(Transforms.none()), List.of(), ViewAverage.LOGITS))
        .withMessage("1 views with 0 weights are given, expected at least one and as many");
  }
}
