package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AugmentationTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "standard",
        "color",
        "paper",
        "none",
        "none,flip=alternating,translate=2",
        "standard,trivial,jitter=0.4:0.3:0.2:0.1,erase=0.25,cutout=8,mixup=0.2,cutmix=1,copies=3",
        "paper,flip=none,erase=0.5:noise"
      })
  void textsAreReadAndWritten(String text) {
    assertThat(Augmentation.parse(text)).hasToString(text);
    assertThat(Augmentation.parse(text).toString()).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "standard,jitter=0.4 | standard,jitter=0.4:0.4:0.4:0",
        "color,jitter=0.4 | color",
        "standard,erase=1.0,trivial | standard,trivial,erase=1",
        "standard,flip=random | standard",
        "none,copies=1,mixup=0,translate=0 | none"
      })
  void oneDescriptionHasOneText(String text, String canonical) {
    assertThat(Augmentation.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '|',
      value = {
        "\"\" | augmentation '': '' is not understood: expected standard, color, paper or none,"
            + " and",
        "Standard | 'Standard' is not understood: expected standard",
        "trivial | 'trivial' is not understood: expected standard",
        "standard,shake | 'shake' is not understood: expected standard, color, paper or none, and",
        "standard,  trivial | '  trivial' is not understood",
        "standard, | '' is not understood",
        "standard,mixup | 'mixup' is not understood",
        "standard,trivial=1 | 'trivial=1' is not understood",
        "standard,mixup=1,mixup=1 | 'mixup=1' is not understood: it stands there twice",
        "standard,flip=both | 'flip=both' is not understood",
        "standard,mixup=x | mixup=x, expected a number",
        "standard,mixup=NaN | mixup is NaN, expected 0 to 100",
        "standard,cutmix=-1 | cutmix is -1, expected 0 to 100",
        "standard,copies=0 | copies is 0, expected 1 to 1000",
        "standard,copies=1.5 | copies=1.5, expected a whole number",
        "standard,jitter=1:2 | jitter=1:2, expected one number or four",
        "standard,erase=:noise | erase=:noise, expected a number",
        "standard,translate=-2 | translate is -2, expected 0 to 2048"
      })
  void otherTextsAreRefused(String text, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Augmentation.parse(text))
        .withMessageContaining(message);
  }

  /** Checkpoints hold the names, so that what they stand for must stay. */
  @ParameterizedTest
  @ValueSource(ints = {32, 96})
  void theNamesKeepTheirMeaning(int side) {
    Transform training = Transforms.training(side);
    Transform color =
        Transforms.pipeline(
            training, Transforms.colorJitter(0.4, 0.4, 0.4), Transforms.lightingNoise(0.1));
    Transform paper =
        side == 32
            ? training
            : Transforms.pipeline(
                Transforms.scaleJitter(109, 205, 96),
                Transforms.horizontalFlip(),
                Transforms.lightingNoise(0.1));
    requireSame(Augmentation.STANDARD, training, side);
    requireSame(Augmentation.COLOR, color, side);
    requireSame(Augmentation.PAPER, paper, side);
    requireSame(Augmentation.NONE, Transforms.evaluation(side), side);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "standard", "paper", "none,translate=2"})
  void imagesAreResizedAsIsAsked(String text) {
    for (int side : new int[] {32, 96}) {
      Transform bilinear = Augmentation.parse(text).preprocessing(side).transform();
      Transform bicubic =
          Augmentation.parse(text).preprocessing(side, Interpolation.BICUBIC).transform();
      Pixels image = Images.pattern(120, 150);
      assertThat(bicubic.apply(image, new SplitMix(1)).rgb())
          .isNotEqualTo(bilinear.apply(image, new SplitMix(1)).rgb());
    }
  }

  private static void requireSame(Augmentation augmentation, Transform expected, int side) {
    Preprocessing found = augmentation.preprocessing(side);
    assertThat(found).isEqualTo(Preprocessing.of(found.transform()));
    for (int i = 0; i < 5; i++) {
      assertThat(found.transform().apply(Images.pattern(120, 150), new SplitMix(i)).rgb())
          .isEqualTo(expected.apply(Images.pattern(120, 150), new SplitMix(i)).rgb());
    }
  }

  @Test
  void partsBecomeStepsInTheirOrder() {
    Augmentation all =
        Augmentation.parse(
            "none,translate=2,flip=random,trivial,jitter=0.4,cutout=8,erase=0.5,mixup=1,copies=2");
    Preprocessing found = all.preprocessing(32);
    assertThat(found.erasures()).isEqualTo(List.of(new Cutout(8), new RandomErasing(0.5, false)));
    assertThat(found.mixing()).isEqualTo(new Mixing(1, 0));
    assertThat(found.copies()).isEqualTo(2);
    assertThat(found.alternatingFlip()).isFalse();
    Transform expected =
        Transforms.pipeline(
            Transforms.randomTranslation(2),
            Transforms.horizontalFlip(),
            Transforms.trivialAugment(),
            Transforms.colorJitter(0.4, 0.4, 0.4));
    for (int i = 0; i < 20; i++) {
      byte[] rgb = found.transform().apply(Images.pattern(32, 32), new SplitMix(i)).rgb();
      assertThat(rgb).isEqualTo(expected.apply(Images.pattern(32, 32), new SplitMix(i)).rgb());
    }
  }

  @Test
  void alternatingFlipTakesThePlaceOfTheRandomOne() {
    Preprocessing found = Augmentation.parse("standard,flip=alternating").preprocessing(8);
    assertThat(found.alternatingFlip()).isTrue();
    byte[][] crops =
        Arrays.stream(new int[] {1, 2, 3})
            .mapToObj(i -> found.transform().apply(Images.pattern(8, 8), new SplitMix(i)).rgb())
            .toArray(byte[][]::new);
    for (int i = 1; i <= 3; i++) {
      Pixels expected = Transforms.randomCrop(8, 1).apply(Images.pattern(8, 8), new SplitMix(i));
      assertThat(crops[i - 1]).isEqualTo(expected.rgb());
    }
  }

  @Test
  void smallImagesAreNotMovedAway() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Augmentation.parse("none,translate=8").preprocessing(8))
        .withMessage("translate=8 of images with a side of 8: expected less than it");
  }
}
