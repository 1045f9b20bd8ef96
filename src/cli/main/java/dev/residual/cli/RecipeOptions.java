package dev.residual.cli;

import dev.residual.nn.ImageNetwork;
import dev.residual.train.Recipe;
import dev.residual.train.RecipeDefaults;
import dev.residual.train.Schedule;
import dev.residual.train.Sgd;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a network is trained: what is not given is as in "Deep ResidualCommand Learning". */
final class RecipeOptions {
  /** How the learning rate falls. */
  enum Fall {
    CONSTANT,
    MULTISTEP,
    COSINE,
    POLYNOMIAL;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "10",
      description = "Passes over the images (default: ${DEFAULT-VALUE}; the paper has 164 or 90).")
  int epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images of a step; 32, or 128 for a CIFAR network, if not given.")
  @Nullable Integer batch;

  @Option(
      names = "--lr",
      paramLabel = "F",
      description =
          "Learning rate; if not given, 0.1 for 256 images, or for 128 with a CIFAR network, in"
              + " proportion to the batch; with --weights 0.01 for 32 images.")
  @Nullable Double rate;

  @Option(
      names = "--momentum",
      paramLabel = "F",
      defaultValue = "0.9",
      description = "Of the velocity (default: ${DEFAULT-VALUE}).")
  double momentum;

  @Option(names = "--nesterov", description = "Take momentum in Nesterov's form.")
  boolean nesterov;

  @Option(
      names = "--weight-decay",
      paramLabel = "F",
      defaultValue = "1e-4",
      description = "L2 penalty (default: ${DEFAULT-VALUE}).")
  double weightDecay;

  @Option(
      names = "--schedule",
      paramLabel = "S",
      description =
          "How the rate falls: ${COMPLETION-CANDIDATES}; if not given, multistep, and cosine with"
              + " --weights.")
  @Nullable Fall fall;

  @Option(
      names = "--milestones",
      paramLabel = "N",
      split = ",",
      description =
          "Epochs after which multistep divides the rate by ten, as 5,8; the paper's, if not"
              + " given.")
  int @Nullable [] milestones;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "0",
      description = "Epochs in which the rate rises from a tenth (default: ${DEFAULT-VALUE}).")
  int warmup;

  @Option(
      names = "--label-smoothing",
      paramLabel = "F",
      defaultValue = "0",
      description = "Part of the target that all classes share (default: ${DEFAULT-VALUE}).")
  double smoothing;

  /**
   * The recipe for a network.
   *
   * @param tuning whether training begins with weights that were trained before
   */
  Recipe recipe(ImageNetwork network, boolean tuning) {
    OptionChecks.positive(spec, "--epochs", epochs);
    OptionChecks.notNegative(spec, "--warmup", warmup);
    RecipeDefaults defaults = new RecipeDefaults(network, tuning);
    int size = batch != null ? batch : defaults.batch();
    OptionChecks.positive(spec, "--batch", size);
    if (milestones != null && fall != null && fall != Fall.MULTISTEP) {
      throw new ParameterException(
          spec.commandLine(), "--milestones belong to --schedule multistep, given " + fall);
    }
    double first = rate != null ? rate : defaults.rate(size);
    OptionChecks.notNegative(spec, "--lr", first);
    try {
      Schedule schedule = fall(defaults, first);
      if (warmup > 0) {
        schedule = schedule.withWarmup(warmup, first / 10);
      }
      Sgd sgd = new Sgd(momentum, weightDecay, nesterov, true);
      return new Recipe(epochs, size, sgd, schedule, smoothing);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private Schedule fall(RecipeDefaults defaults, double first) {
    boolean cosine = defaults.tuning() && milestones == null;
    Fall chosen = fall != null ? fall : cosine ? Fall.COSINE : Fall.MULTISTEP;
    return switch (chosen) {
      case CONSTANT -> new Schedule.Constant(first);
      case COSINE -> new Schedule.Cosine(first, 0, epochs);
      case POLYNOMIAL -> new Schedule.Polynomial(first, 0, 2, epochs);
      case MULTISTEP ->
          RecipeDefaults.steps(
              first, milestones(defaults), warmup == 0 && rate == null && defaults.isDeep());
    };
  }

  private List<Integer> milestones(RecipeDefaults defaults) {
    return milestones != null
        ? Arrays.stream(milestones).boxed().toList()
        : defaults.milestones(epochs);
  }
}
