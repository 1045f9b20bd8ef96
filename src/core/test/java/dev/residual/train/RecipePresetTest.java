package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecipePresetTest {
  private static final ImageNetwork RESNET20 = Networks.named("resnet20-cifar");
  private static final ImageNetwork RESNET50 = Networks.named("resnet50");

  @Test
  void cifarIsThePapers() {
    assertThat(RecipePreset.PAPER_CIFAR.recipe(RESNET20, 164))
        .isEqualTo(
            new Recipe(
                164,
                128,
                new Sgd(0.9, 1e-4, false, true),
                new Schedule.MultiStep(0.1, List.of(82, 123), 0.1),
                0));
  }

  @Test
  void cifarShortensInProportion() {
    assertThat(RecipePreset.PAPER_CIFAR.recipe(RESNET20, 10).schedule())
        .isEqualTo(new Schedule.MultiStep(0.1, List.of(5, 8), 0.1));
  }

  @Test
  void deepCifarNetworksWarmUp() {
    ImageNetwork deep = Networks.named("resnet110-cifar");
    Schedule schedule = RecipePreset.PAPER_CIFAR.recipe(deep, 164).schedule();
    assertThat(schedule.learningRate(0, 390, 391)).isEqualTo(0.1 * 0.1);
    assertThat(schedule.learningRate(1, 0, 391)).isEqualTo(0.1);
    assertThat(schedule.learningRate(81, 390, 391)).isEqualTo(0.1);
    assertThat(schedule.learningRate(82, 0, 391)).isEqualTo(0.1 * 0.1);
  }

  @Test
  void imagenetIsThePapersInEpochs() {
    Recipe recipe = RecipePreset.PAPER_IMAGENET.recipe(RESNET50, 90);
    assertThat(recipe)
        .isEqualTo(
            new Recipe(
                    90,
                    32,
                    new Sgd(0.9, 1e-4, false, true),
                    new Schedule.MultiStep(0.1, List.of(30, 60, 80), 0.1),
                    0)
                .withAccumulation(8));
  }

  @Test
  void theFirstEpochIsNeverDivided() {
    for (RecipePreset paper : List.of(RecipePreset.PAPER_CIFAR, RecipePreset.PAPER_IMAGENET)) {
      assertThat(paper.recipe(RESNET50, 1).schedule().learningRate(0, 0, 10)).isEqualTo(0.1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRateIsInProportionToTheImagesOfAnUpdateAndLowerWithoutNorms(RecipePreset preset) {
    double rate = preset.rate(RESNET50, 64);
    assertThat(preset.rate(RESNET50, 128)).isEqualTo(2 * rate);
    assertThat(preset.rate(Networks.named("vgg11"), 64)).isCloseTo(rate / 10, within(1e-12));
    assertThat(preset.rate(Networks.named("vgg11_bn"), 64)).isEqualTo(rate);
  }

  @Test
  void fewImagesAreShownMoreOften() {
    assertThat(RecipePreset.FINE_TUNE.epochs(1_000)).isEqualTo(40);
    assertThat(RecipePreset.FINE_TUNE.epochs(4_000)).isEqualTo(10);
    assertThat(RecipePreset.FINE_TUNE.epochs(1_000_000)).isEqualTo(5);
    assertThat(RecipePreset.MODERN.epochs(50_000)).isEqualTo(30);
    assertThat(RecipePreset.PAPER_CIFAR.epochs(50_000)).isEqualTo(164);
  }

  @Test
  void normsAndBiasesDoNotDecayInModernRecipes() {
    assertThat(((Sgd) RecipePreset.MODERN.recipe(RESNET20, 10).optimizer()).decaysVectors())
        .isFalse();
  }
}
