package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import dev.residual.train.AdamW;
import dev.residual.train.Averaging;
import dev.residual.train.Lars;
import dev.residual.train.Muon;
import dev.residual.train.ParameterGroup;
import dev.residual.train.Recipe;
import dev.residual.train.RecipePreset;
import dev.residual.train.Schedule;
import dev.residual.train.Sgd;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class RecipeOptionsTest {

  @Command
  static final class Holder {
    @Mixin RecipeOptions recipes;
  }

  private static Recipe recipe(String model, boolean tuning, String... arguments) {
    Holder holder = new Holder();
    new CommandLine(holder).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(arguments);
    return holder.recipes.recipe(Networks.named(model), tuning, 50_000);
  }

  private static final ImageNetwork RESNET18 = Networks.named("resnet18");

  @Test
  void theDefaultSuitsWhetherThereAreWeights() {
    assertThat(recipe("resnet18", false)).isEqualTo(RecipePreset.MODERN.recipe(RESNET18, 30));
    assertThat(recipe("resnet18", true)).isEqualTo(RecipePreset.FINE_TUNE.recipe(RESNET18, 5));
  }

  @ParameterizedTest
  @EnumSource
  void presetsAreNamed(RecipePreset preset) {
    assertThat(recipe("resnet18", false, "--preset=" + preset, "--epochs=7"))
        .isEqualTo(preset.recipe(RESNET18, 7));
  }

  @Test
  void unknownPresetsAreRefused() {
    assertThatThrownBy(() -> recipe("resnet18", false, "--preset=old"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(
            "unknown preset 'old': there are paper-cifar, paper-imagenet, modern");
  }

  @Test
  void anUpdateOfMoreImagesHasAHigherRate() {
    Recipe recipe = recipe("resnet18", false, "--batch=64", "--accumulate=4");
    assertThat(recipe.accumulation()).isEqualTo(4);
    assertThat(recipe.schedule().learningRate(5, 0, 10))
        .isEqualTo(0.1 * 256 / 128 * (1 + Math.cos(Math.PI / 6)) / 2);
  }

  @Test
  void schedulesAndWarmUpAreChosen() {
    assertThat(recipe("resnet18", false, "--schedule=cosine", "--lr=0.2").schedule())
        .isEqualTo(new Schedule.Cosine(0.2, 0, 30));
    assertThat(recipe("resnet18", false, "--milestones=5,8", "--lr=0.2").schedule())
        .isEqualTo(new Schedule.MultiStep(0.2, List.of(5, 8), 0.1));
    assertThat(recipe("resnet18", false, "--warmup=2", "--lr=0.2").schedule().learningRate(0, 0, 9))
        .isCloseTo(0.02, within(1e-12));
    assertThat(recipe("resnet18", false, "--schedule=one-cycle").schedule().toString())
        .contains("OneCycle");
  }

  @Test
  void warmUpAloneKeepsTheFallOfThePreset() {
    Schedule steps = new Schedule.MultiStep(0.1, List.of(5, 8), 0.1);
    String[] paper = {"--preset=paper-cifar", "--epochs=10"};
    assertThat(recipe("resnet20-cifar", false, with(paper, "--warmup=3")).schedule())
        .isEqualTo(steps.withWarmup(3, 0.01));
    for (String deep : List.of("resnet56-cifar", "plain56-cifar", "resnet110-cifar")) {
      assertThat(recipe(deep, false, paper).schedule())
          .isEqualTo(new Schedule.ConstantWarmup(steps, 1, 0.1 * 0.1));
    }
    assertThat(recipe("resnet44-cifar", false, paper).schedule()).isEqualTo(steps);
    assertThat(recipe("resnet110-cifar", false, with(paper, "--warmup=0")).schedule())
        .isEqualTo(steps);
    Schedule cosine = new Schedule.Cosine(0.1, 0, 30);
    assertThat(recipe("resnet18", false, "--batch=128").schedule())
        .isEqualTo(cosine.withWarmup(3, 0.1 * 0.1));
    assertThat(recipe("resnet18", false, "--batch=128", "--warmup=1").schedule())
        .isEqualTo(cosine.withWarmup(1, 0.01));
    assertThat(recipe("resnet18", false, "--batch=128", "--warmup=0").schedule()).isEqualTo(cosine);
  }

  private static String[] with(String[] arguments, String more) {
    return Stream.concat(Arrays.stream(arguments), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void warmUpThatDoesNotRiseIsRefused() {
    assertThatThrownBy(() -> recipe("resnet18", false, "--epochs=5", "--warmup=5"))
        .isInstanceOf(ParameterException.class)
        .hasMessage("--warmup is 5, but there are 5 epochs: expected fewer");
    assertThatThrownBy(() -> recipe("resnet18", false, "--lr=0.1", "--warmup=29"))
        .isInstanceOf(ParameterException.class)
        .hasMessageStartingWith(
            "--warmup is 29 of 30 epochs: the rate would not rise, but fall from 0.01 to 2.7");
    assertThatThrownBy(() -> recipe("resnet18", false, "--warmup=-1"))
        .hasMessageContaining("--warmup is -1");
  }

  @Test
  void groupsOfAPresetFollowTheScheduleAndTheRule() {
    ParameterGroup usual = shifts("--epochs=4");
    assertThat(usual.schedule())
        .isInstanceOf(Schedule.Scaled.class)
        .asString()
        .contains("Triangle");
    ParameterGroup shifts =
        shifts(
            "--epochs=4",
            "--lr=0.5",
            "--schedule=cosine",
            "--warmup=1",
            "--momentum=0.8",
            "--no-nesterov",
            "--weight-decay=6.4e-3");
    assertThat(shifts.schedule())
        .isEqualTo(new Schedule.Cosine(0.5, 0, 4).withWarmup(1, 0.05).scaled(64));
    assertThat(shifts.optimizer()).isEqualTo(new Sgd(0.8, 1e-4, false, true));
    assertThat(recipe("airbench-cifar", false, "--preset=fast-cifar", "--optimizer=adamw").groups())
        .as("64 times the rate is too much for a rule without gradients' sizes")
        .isEmpty();
  }

  private static ParameterGroup shifts(String... arguments) {
    List<ParameterGroup> groups =
        recipe("airbench-cifar", false, with(arguments, "--preset=fast-cifar")).groups();
    assertThat(groups).hasSizeGreaterThan(5);
    return groups.getFirst();
  }

  @Test
  void optionsOfARuleReachItOrAreRefused() {
    String[] muon = {"--optimizer=muon", "--momentum=0.8", "--weight-decay=0.1"};
    assertThat(recipe("resnet18", false, with(muon, "--decay-norms")).optimizer())
        .isEqualTo(new Muon(0.8, 0.1, 5, false, new Sgd(0.8, 0.1, true, true)));
    for (String rule : List.of("adamw", "lars", "muon")) {
      assertThatThrownBy(() -> recipe("resnet18", false, "--optimizer=" + rule, "--nesterov"))
          .isInstanceOf(ParameterException.class)
          .hasMessage("--nesterov and --no-nesterov belong to --optimizer sgd, given " + rule);
    }
  }

  @Test
  void optimizersAreChosen() {
    assertThat(recipe("resnet18", false, "--no-nesterov", "--momentum=0.8").optimizer())
        .isEqualTo(new Sgd(0.8, 5e-5, false, false));
    assertThat(recipe("resnet18", false, "--decay-norms", "--weight-decay=1e-3").optimizer())
        .isEqualTo(new Sgd(0.9, 1e-3, true, true));
    Recipe adamW = recipe("resnet18", false, "--optimizer=adamw", "--weight-decay=0.1");
    assertThat(adamW.optimizer()).isEqualTo(new AdamW(0.9, 0.999, 1e-8, 0.1, false));
    assertThat(adamW.schedule().learningRate(3, 0, 10)).isBetween(1e-4, 1.3e-4);
    assertThat(recipe("resnet18", false, "--optimizer=muon").optimizer()).isInstanceOf(Muon.class);
    assertThat(recipe("resnet18", false, "--optimizer=lars").optimizer()).isInstanceOf(Lars.class);
  }

  @Test
  void groupsAndAveragesAreChosen() {
    Recipe recipe =
        recipe("resnet18", false, "--lr-of=layer1.*=0.1", "--lr-of=fc.*=10", "--ema=0.99");
    assertThat(recipe.groups().stream().map(ParameterGroup::names))
        .containsExactly("layer1.*", "fc.*");
    assertThat(recipe.averaging()).isEqualTo(new Averaging.Exponential(0.99));
    assertThatThrownBy(() -> recipe("resnet18", false, "--ema=0.9", "--lookahead=5"))
        .hasMessageContaining("--ema and --lookahead exclude each other");
    assertThatThrownBy(() -> recipe("resnet18", false, "--ema=1.5"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("decay is 1.5, it must be in [0, 1)");
  }
}
