package dev.residual.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The program: what all commands share, and which there are. */
@Command(
    name = "residual",
    description = "Trains residual networks, and classifies with them.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    scope = ScopeType.INHERIT,
    subcommands = {
      Train.class,
      Compare.class,
      Evaluate.class,
      Classify.class,
      Inspect.class,
      Describe.class,
      Convert.class,
      Verify.class,
      Benchmark.class,
      Plan.class,
      Doctor.class,
      Demo.class,
      CommandLine.HelpCommand.class
    },
    footer = {
      "",
      "Models: resnet18 to resnet152, resnet20-cifar to resnet1202-cifar, and their relatives;",
      "'residual describe --model X' suggests names.",
      "Exit codes: 0 success, 1 failure, 2 wrong use."
    })
final class ResidualCommand {
  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "On failure, print where it happened too; so does RESIDUAL_STACKTRACE=1.")
  boolean stacktrace;
}
