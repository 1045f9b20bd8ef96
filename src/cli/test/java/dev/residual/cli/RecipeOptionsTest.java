package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.nn.ResNet;
import dev.residual.train.Presets;
import dev.residual.train.Recipe;
import dev.residual.train.Schedule;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class RecipeOptionsTest {

  @Command
  static final class Holder {
    @Mixin RecipeOptions recipes;
  }

  private static Recipe recipe(String model, boolean tuning, String... arguments) {
    Holder holder = new Holder();
    new CommandLine(holder).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(arguments);
    return holder.recipes.recipe(ResNet.named(model), tuning);
  }

  @Test
  void theDefaultIsThePapersRecipe() {
    assertThat(recipe("resnet20-cifar", false, "--epochs=164")).isEqualTo(Presets.cifar(20, 164));
    assertThat(recipe("resnet110-cifar", false, "--epochs=164")).isEqualTo(Presets.cifar(110, 164));
    assertThat(recipe("resnet50", false, "--epochs=90", "--batch=256"))
        .isEqualTo(Presets.imagenet(90));
  }

  @Test
  void theRateIsInProportionToTheBatchAndLowerForTrainedWeights() {
    assertThat(recipe("resnet18", false).schedule().learningRate(0, 0, 10)).isEqualTo(0.0125);
    assertThat(recipe("resnet18", true).schedule()).isEqualTo(new Schedule.Cosine(0.01, 0, 10));
  }

  @Test
  void schedulesAndWarmUpAreChosen() {
    assertThat(recipe("resnet18", false, "--schedule=cosine", "--lr=0.2").schedule())
        .isEqualTo(new Schedule.Cosine(0.2, 0, 10));
    assertThat(recipe("resnet18", false, "--milestones=5,8", "--lr=0.2").schedule().toString())
        .contains("[5, 8]");
    assertThat(recipe("resnet18", false, "--warmup=2", "--lr=0.2").schedule().learningRate(0, 0, 9))
        .isCloseTo(0.02, org.assertj.core.api.Assertions.within(1e-12));
  }
}
