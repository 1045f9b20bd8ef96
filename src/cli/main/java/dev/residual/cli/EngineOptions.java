package dev.residual.cli;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where and how a network is computed. */
final class EngineOptions {
  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--backend",
      paramLabel = "cpu|cuda|reference",
      defaultValue = "cpu",
      description = "oneDNN, or plain Java (slow); cuda is not part of this version.")
  String backend;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads inside an operation; as many as the container may use, if not given.")
  @Nullable Integer threads;

  @Option(
      names = "--precision",
      paramLabel = "f32|bf16|f16",
      defaultValue = "f32",
      description = "Element type; f32 only in this version.")
  Precision precision;

  /** Refuses what is wrong before anything is loaded. */
  void check() {
    if (threads != null) {
      Ranges.positive(spec, "--threads", threads);
    }
    if (precision != Precision.F32) {
      throw new ParameterException(
          spec.commandLine(),
          "--precision %s is not supported by this version, f32 is".formatted(precision));
    }
    switch (backend) {
      case "cpu", "reference" -> {}
      case "cuda" ->
          throw new Failure(
              "the backend cuda is not available: this version has cpu and reference");
      default ->
          throw new ParameterException(
              spec.commandLine(),
              "unknown backend '%s': there are cpu, cuda and reference".formatted(backend));
    }
  }

  Backend backend() {
    return Backends.named(backend);
  }

  CompileOptions options() {
    return threads == null ? CompileOptions.DEFAULT : new CompileOptions(threads);
  }

  /** Such as {@code cpu, f32, 2 threads}. */
  @Override
  public String toString() {
    int n = options().threads();
    return "%s, %s, %d thread%s".formatted(backend, precision, n, n == 1 ? "" : "s");
  }
}
