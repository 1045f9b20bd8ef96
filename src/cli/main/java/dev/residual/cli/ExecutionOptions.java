package dev.residual.cli;

import dev.residual.Backends;
import dev.residual.CpuRuntime;
import dev.residual.cli.output.Failure;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.inference.InferenceOptions;
import dev.residual.tensor.DType;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where and how a network is computed. */
final class ExecutionOptions {
  private static final Pattern BACKENDS = Pattern.compile("cpu|cuda(:\\d{1,4})?|reference");

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--backend",
      paramLabel = "cpu|cuda[:N]|reference",
      defaultValue = "cpu",
      description =
          "oneDNN; an NVIDIA GPU, the first or number N counted from 0; or plain Java (slow).")
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
      description =
          "Element type of activations: bf16 needs a processor that multiplies it, f16 a GPU or"
              + " --backend reference; both keep weights in f32. Of a network with 8-bit weights,"
              + " of those activations that are no integers.")
  Precision precision;

  @Option(
      names = "--nondeterministic",
      description =
          "On a GPU, allow engines of cuDNN whose results differ from run to run; they can be"
              + " faster, in f32 above all.")
  boolean nondeterministic;

  /** Refuses what is wrong before anything is loaded. */
  void check() {
    if (threads != null) {
      OptionChecks.between(spec, "--threads", threads, 1, CompileOptions.MAX_THREADS);
    }
    if (precision == Precision.F16 && backend.equals("cpu")) {
      throw new ParameterException(
          spec.commandLine(),
          "--precision f16 needs a GPU (or --backend reference); use bf16 or f32");
    }
    if (!BACKENDS.matcher(backend).matches()) {
      throw new ParameterException(
          spec.commandLine(),
          "unknown backend '%s': there are cpu, cuda, cuda:N and reference".formatted(backend));
    }
  }

  /**
   * The backend.
   *
   * @throws Failure if this machine does not have what the precision needs
   * @throws dev.residual.bindings.NativeLibraryException if a library is missing
   */
  Backend backend() {
    return backend(0);
  }

  /**
   * The backend.
   *
   * @param gpu the GPU, where none is named
   * @throws Failure if this machine does not have what the precision needs
   * @throws dev.residual.bindings.NativeLibraryException if a library is missing
   */
  Backend backend(int gpu) {
    Backend named = Backends.named(backend.equals("cuda") ? "cuda:" + gpu : backend);
    if (precision == Precision.BF16 && backend.equals("cpu")) {
      CpuRuntime runtime = CpuRuntime.load();
      if (!runtime.bf16()) {
        throw new Failure(
            "--precision bf16: this processor does not multiply bf16 (AVX512_BF16 or AMX; %s has %s)"
                    .formatted(runtime.library(), runtime.instructions())
                + ", and emulation would be slower than f32");
      }
    }
    return named;
  }

  /**
   * Refuses 8-bit integers where nothing computes with them.
   *
   * @param what asks for them
   * @throws Failure if this processor cannot
   */
  void requireIntegers(Object what) {
    if (!backend.equals("cpu")) {
      return;
    }
    CpuRuntime runtime = CpuRuntime.load();
    if (!runtime.int8()) {
      throw new Failure(
          "%s: this processor does not sum products of 8-bit integers (VNNI; %s has %s); take weights in f32"
              .formatted(what, runtime.library(), runtime.instructions()));
    }
  }

  /** The element type of activations. */
  DType dtype() {
    return precision.dtype();
  }

  CompileOptions options() {
    CompileOptions options = threads == null ? CompileOptions.DEFAULT : new CompileOptions(threads);
    return options.withDeterministic(!nondeterministic);
  }

  /** For one of several processes, which share the processors of a machine. */
  CompileOptions options(Processes processes) {
    CompileOptions options = options();
    return threads != null ? options : options.withThreads(processes.threads(options.threads()));
  }

  /** Such as {@code cpu, f32, 4 processes of 2 threads}. */
  String describe(Processes processes) {
    int count = processes.communicator().size();
    return count == 1 ? toString() : describe(options(processes), count + " processes of ");
  }

  private String describe(CompileOptions options, String whose) {
    int n = options.threads();
    return "%s, %s, %s%d thread%s".formatted(backend, precision, whose, n, n == 1 ? "" : "s");
  }

  /** For so many images of a run. */
  InferenceOptions inference(int batch) {
    return new InferenceOptions(batch, options(), dtype());
  }

  /** Such as {@code cpu, f32, 2 threads}. */
  @Override
  public String toString() {
    return describe(options(), "");
  }
}
