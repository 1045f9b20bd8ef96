package dev.residual.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The checks of options' numbers. */
final class OptionChecks {
  private OptionChecks() {}

  static void positive(CommandSpec spec, String option, long value) {
    if (value < 1) {
      throw new ParameterException(
          spec.commandLine(), option + " is " + value + ", it must be at least 1");
    }
  }

  static void between(CommandSpec spec, String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw new ParameterException(
          spec.commandLine(), "%s is %d, expected %d to %d".formatted(option, value, least, most));
    }
  }

  static void notNegative(CommandSpec spec, String option, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new ParameterException(
          spec.commandLine(), option + " is " + value + ", it must be at least 0 and finite");
    }
  }
}
