package dev.residual.cli;

import dev.residual.nn.ImageNetwork;
import dev.residual.train.Averaging;
import dev.residual.train.Optimizer;
import dev.residual.train.ParameterGroup;
import dev.residual.train.Recipe;
import dev.residual.train.RecipePreset;
import dev.residual.train.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a network is trained: a preset, and what differs from it. */
final class RecipeOptions {
  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--preset",
      paramLabel = "P",
      completionCandidates = PresetNames.class,
      description =
          "The recipe where no option says otherwise: ${COMPLETION-CANDIDATES}; fine-tune with"
              + " --weights and modern without, if not given.")
  @Nullable String preset;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the images; those of the preset, if not given.")
  @Nullable Integer epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Images of a step, of all processes together; those of the preset, if not given.")
  @Nullable Integer batch;

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      description = "Steps whose mean gradient makes an update.")
  @Nullable Integer accumulation;

  @Option(
      names = "--lr",
      paramLabel = "F",
      description =
          "Highest learning rate; that of the preset, in proportion to the images of an update, if"
              + " not given.")
  @Nullable Double rate;

  @Option(
      names = "--lr-of",
      paramLabel = "NAMES=F",
      description =
          "Factor of the learning rate of some parameters, as 'layer1.*=0.1'; may be repeated.")
  Map<String, Double> factors = new LinkedHashMap<>();

  @Option(
      names = "--freeze",
      paramLabel = "NAMES",
      split = ",",
      description =
          "Parameters that stay as they are, as 'conv1.*,bn1.*'; so do the statistics of their"
              + " batch normalisations.")
  List<String> frozen = List.of();

  @Mixin OptimizerOptions optimizer;

  @Mixin ScheduleOptions schedule;

  @Option(
      names = "--label-smoothing",
      paramLabel = "F",
      description = "Part of the target that all classes share.")
  @Nullable Double smoothing;

  @Option(
      names = "--clip",
      paramLabel = "F",
      description = "Largest norm of all gradients together.")
  @Nullable Double clipping;

  @Option(
      names = "--ema",
      paramLabel = "F",
      description =
          "Measure and keep a moving average of the weights; it keeps so much of itself in each"
              + " update, as 0.999.")
  @Nullable Double average;

  @Option(
      names = "--lookahead",
      paramLabel = "N",
      description = "Every so many updates, move half way from the weights of the last time.")
  @Nullable Integer lookahead;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description = "End after so many epochs without a better accuracy.")
  @Nullable Integer patience;

  /** The preset that is asked for, or suits. */
  RecipePreset preset(boolean tuning) {
    if (preset == null) {
      return RecipePreset.suiting(tuning);
    }
    return Arrays.stream(RecipePreset.values())
        .filter(one -> one.toString().equalsIgnoreCase(preset))
        .findFirst()
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(),
                    "unknown preset '%s': there are %s"
                        .formatted(preset, String.join(", ", new PresetNames()))));
  }

  /** The names of presets, for the help. */
  static final class PresetNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(RecipePreset.values()).map(RecipePreset::toString).iterator();
    }
  }

  /**
   * The recipe for a network.
   *
   * @param tuning whether training begins with weights that were trained before
   * @param images for training
   */
  Recipe recipe(ImageNetwork network, boolean tuning, int images) {
    try {
      return recipe(preset(tuning), network, images);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private Recipe recipe(RecipePreset chosen, ImageNetwork network, int images) {
    int rounds = epochs != null ? epochs : chosen.epochs(images);
    OptionChecks.positive(spec, "--epochs", rounds);
    int size = batch != null ? batch : chosen.batch(network);
    OptionChecks.positive(spec, "--batch", size);
    int steps = accumulation != null ? accumulation : chosen.accumulation(network, size);
    OptionChecks.positive(spec, "--accumulate", steps);
    double suiting = chosen.rate(network, size * steps);
    Optimizer usual = chosen.recipe(network, rounds, size, suiting).optimizer();
    double first = rate != null ? rate : optimizer.rate(usual, size * steps).orElse(suiting);
    OptionChecks.notNegative(spec, "--lr", first);

    Recipe recipe = chosen.recipe(network, rounds, size, first).withAccumulation(steps);
    recipe =
        new Recipe(
                rounds,
                size,
                optimizer.optimizer(recipe.optimizer()),
                schedule.schedule(recipe, first),
                smoothing != null ? smoothing : recipe.smoothing())
            .withAccumulation(steps)
            .withAveraging(averaging(recipe.averaging()))
            .withClipping(clipping != null ? clipping : recipe.clipping())
            .withPatience(patience != null ? patience : recipe.patience())
            .withFrozen(frozen);
    return recipe.withGroups(groups(recipe, chosen, network));
  }

  private List<ParameterGroup> groups(Recipe recipe, RecipePreset chosen, ImageNetwork network) {
    List<ParameterGroup> groups = new ArrayList<>();
    factors.forEach(
        (names, factor) ->
            groups.add(
                new ParameterGroup(names, new Schedule.Scaled(recipe.schedule(), factor), null)));
    groups.addAll(chosen.groups(network, recipe.optimizer(), recipe.schedule()));
    return groups;
  }

  private Averaging averaging(Averaging given) {
    if (average != null && lookahead != null) {
      throw new ParameterException(
          spec.commandLine(), "--ema and --lookahead exclude each other: both are given");
    }
    if (average != null) {
      return new Averaging.Exponential(average);
    }
    return lookahead != null ? new Averaging.Lookahead(lookahead, 0.5, 0) : given;
  }
}
