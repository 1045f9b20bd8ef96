package dev.residual.cli;

import dev.residual.train.Recipe;
import dev.residual.train.RecipePreset;
import dev.residual.train.Schedule;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How the learning rate rises and falls: as in a preset, and what differs from it. */
final class ScheduleOptions {
  /** How the learning rate falls. */
  enum Fall {
    CONSTANT,
    MULTISTEP,
    COSINE,
    POLYNOMIAL,
    ONE_CYCLE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--schedule",
      paramLabel = "S",
      description = "How the rate falls: ${COMPLETION-CANDIDATES}; as in the preset, if not given.")
  @Nullable Fall fall;

  @Option(
      names = "--milestones",
      paramLabel = "N",
      split = ",",
      description = "Epochs after which multistep divides the rate by ten, as 5,8.")
  int @Nullable [] milestones;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "Epochs in which the rate rises from a tenth; 0 for none.")
  @Nullable Integer warmup;

  /**
   * The learning rates.
   *
   * @param recipe of the preset
   * @param highest rate
   */
  Schedule schedule(Recipe recipe, double highest) {
    if (milestones != null && fall != null && fall != Fall.MULTISTEP) {
      throw new ParameterException(
          spec.commandLine(), "--milestones belong to --schedule multistep, given " + fall);
    }
    boolean own = fall == null && milestones == null;
    Schedule schedule = own ? recipe.schedule() : falling(recipe.epochs(), highest);
    return warmup == null
        ? schedule
        : warmed(withoutWarmup(schedule), warmup, recipe.epochs(), highest);
  }

  private Schedule falling(int rounds, double highest) {
    return switch (fall != null ? fall : Fall.MULTISTEP) {
      case CONSTANT -> new Schedule.Constant(highest);
      case COSINE -> new Schedule.Cosine(highest, 0, rounds);
      case POLYNOMIAL -> new Schedule.Polynomial(highest, 0, 2, rounds);
      case ONE_CYCLE -> new Schedule.OneCycle(highest, rounds);
      case MULTISTEP ->
          milestones == null
              ? RecipePreset.tenths(highest, rounds, 1 / 2.0, 3 / 4.0)
              : new Schedule.MultiStep(highest, Arrays.stream(milestones).boxed().toList(), 0.1);
    };
  }

  private static Schedule withoutWarmup(Schedule schedule) {
    return switch (schedule) {
      case Schedule.LinearWarmup rising -> rising.main();
      case Schedule.ConstantWarmup low -> low.main();
      default -> schedule;
    };
  }

  private Schedule warmed(Schedule schedule, int rise, int rounds, double highest) {
    OptionChecks.notNegative(spec, "--warmup", rise);
    if (rise == 0) {
      return schedule;
    }
    if (rise >= rounds) {
      throw new ParameterException(
          spec.commandLine(),
          "--warmup is %d, but there are %d epochs: expected fewer".formatted(rise, rounds));
    }
    double from = highest / 10;
    double to = schedule.learningRate(rise, 0, 1);
    if (to < from) {
      throw new ParameterException(
          spec.commandLine(),
          "--warmup is %d of %d epochs: the rate would not rise, but fall from %s to %s"
              .formatted(rise, rounds, from, to));
    }
    return schedule.withWarmup(rise, from);
  }
}
