package dev.residual.cli;

import dev.residual.train.AdamW;
import dev.residual.train.Lars;
import dev.residual.train.Muon;
import dev.residual.train.Optimizer;
import dev.residual.train.Sgd;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The rule of the updates: that of a preset, and what differs from it. */
final class OptimizerOptions {
  /** The rules. */
  enum Kind {
    SGD,
    ADAMW,
    LARS,
    MUON;

    private static Kind of(Optimizer optimizer) {
      return switch (optimizer) {
        case Sgd sgd -> SGD;
        case AdamW adamW -> ADAMW;
        case Lars lars -> LARS;
        case Muon muon -> MUON;
      };
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Sgd PLAIN = new Sgd(0.9, 1e-4, true, false);

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--optimizer",
      paramLabel = "O",
      description = "The rule of the updates: ${COMPLETION-CANDIDATES}.")
  @Nullable Kind kind;

  @Option(
      names = "--momentum",
      paramLabel = "F",
      description = "What a velocity keeps of itself; with adamw the first moment.")
  @Nullable Double momentum;

  @Option(
      names = "--nesterov",
      negatable = true,
      description = "Take the momentum of sgd in Nesterov's form, or not.")
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
    if (nesterov != null && chosen != Kind.SGD) {
      throw new ParameterException(
          spec.commandLine(),
          "--nesterov and --no-nesterov belong to --optimizer sgd, given " + chosen);
    }
    return switch (chosen) {
      case SGD -> sgd(given instanceof Sgd sgd ? sgd : PLAIN);
      case ADAMW ->
          adamW(given instanceof AdamW adamW ? adamW : new AdamW(0.9, 0.999, 1e-8, 0.05, false));
      case LARS -> lars(given instanceof Lars lars ? lars : new Lars(0.001, 0.9, 1e-4, false));
      case MUON -> muon(given instanceof Muon muon ? muon : new Muon(0.01, PLAIN));
    };
  }

  /**
   * The learning rate of another rule than that of a preset; empty if it is the preset's.
   *
   * @param images of an update
   */
  OptionalDouble rate(Optimizer given, int images) {
    if (kind == null || kind == Kind.of(given)) {
      return OptionalDouble.empty();
    }
    return switch (kind) {
      case SGD -> OptionalDouble.empty();
      case ADAMW -> OptionalDouble.of(1e-3 * images / 256);
      case LARS -> OptionalDouble.of(1.0 * images / 256);
      case MUON -> OptionalDouble.of(0.02);
    };
  }

  private Sgd sgd(Sgd given) {
    return new Sgd(
        or(momentum, given.momentum()),
        or(decay, given.weightDecay()),
        nesterov != null ? nesterov : given.nesterov(),
        or(given.decaysVectors()));
  }

  private AdamW adamW(AdamW given) {
    return new AdamW(
        or(momentum, given.beta1()),
        given.beta2(),
        given.epsilon(),
        or(decay, given.weightDecay()),
        or(given.decaysVectors()));
  }

  private Lars lars(Lars given) {
    return new Lars(
        given.trust(),
        or(momentum, given.momentum()),
        or(decay, given.weightDecay()),
        or(given.decaysVectors()));
  }

  private Muon muon(Muon given) {
    return new Muon(
        or(momentum, given.momentum()),
        or(decay, given.weightDecay()),
        given.steps(),
        given.normalized(),
        given.others() instanceof Sgd sgd ? sgd(sgd) : given.others());
  }

  private boolean or(boolean given) {
    return vectors != null ? vectors : given;
  }

  private static double or(@Nullable Double option, double given) {
    return option != null ? option : given;
  }
}
