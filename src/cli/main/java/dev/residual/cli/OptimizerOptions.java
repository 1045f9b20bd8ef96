package dev.residual.cli;

import dev.residual.train.Optimizer;
import dev.residual.train.Sgd;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The rule of the updates: that of a preset, and what differs from it. */
final class OptimizerOptions {
  /** The rules. */
  enum Kind {
    SGD,
    ADAMW,
    LARS,
    MUON;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--optimizer",
      paramLabel = "O",
      description = "The rule of the updates: ${COMPLETION-CANDIDATES}.")
  @Nullable Kind kind;

  @Option(names = "--momentum", paramLabel = "F", description = "What a velocity keeps of itself.")
  @Nullable Double momentum;

  @Option(
      names = "--nesterov",
      negatable = true,
      description = "Take momentum in Nesterov's form, or not.")
  @Nullable Boolean nesterov;

  @Option(
      names = "--weight-decay",
      paramLabel = "F",
      description = "L2 penalty; with adamw and muon the part of the weights times the rate.")
  @Nullable Double decay;

  @Option(
      names = "--decay-norms",
      negatable = true,
      description = "Let the decay hold for norms and biases, or not.")
  @Nullable Boolean vectors;

  /** The rule where a preset has this one. */
  Optimizer optimizer(Optimizer given) {
    Kind chosen = kind != null ? kind : Kind.of(given);
    return switch (chosen) {
      case SGD -> sgd(given instanceof Sgd sgd ? sgd : new Sgd(0.9, 1e-4, true, false));
    };
  }
}
