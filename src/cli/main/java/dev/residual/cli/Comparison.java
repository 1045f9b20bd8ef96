package dev.residual.cli;

import dev.residual.train.RecipePreset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Networks that are worth to be compared, and the recipe to train them by. */
enum Comparison {
  /** Figure 6 of "Deep Residual Learning": depth harms plain networks and helps residual ones. */
  DEGRADATION(
      RecipePreset.PAPER_CIFAR,
      "plain20-cifar",
      "plain56-cifar",
      "resnet20-cifar",
      "resnet56-cifar"),

  /** Table 6 of the paper, its residual networks for CIFAR-10. */
  TABLE6(
      RecipePreset.PAPER_CIFAR,
      "resnet20-cifar",
      "resnet32-cifar",
      "resnet44-cifar",
      "resnet56-cifar",
      "resnet110-cifar",
      "resnet1202-cifar"),

  /** Photographs of few classes: a network from before residual ones, and one of these. */
  CARS(null, "vgg16", "resnet50");

  private final @Nullable RecipePreset recipe;
  private final List<String> models;

  Comparison(@Nullable RecipePreset recipe, String... models) {
    this.recipe = recipe;
    this.models = List.of(models);
  }

  /** The comparison of this name, if there is one. */
  static Optional<Comparison> named(@Nullable String name) {
    return Arrays.stream(values()).filter(one -> one.toString().equalsIgnoreCase(name)).findFirst();
  }

  /** The recipe; none to choose by whether a network has weights to begin with. */
  Optional<RecipePreset> recipe() {
    return Optional.ofNullable(recipe);
  }

  /** The names of the networks. */
  List<String> models() {
    return models;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
