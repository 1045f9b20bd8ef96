package dev.residual.backend.onednn;

import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Cast;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Dropout;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.Lerp;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.MuonUpdate;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The CPU backend: oneDNN's primitives, Residual's own kernels for convolutions where they are
 * faster and for what lies between, and plain loops for what neither has; images lie channels last.
 *
 * <p>Floating values are {@link DType#F32}, and {@link DType#BF16} where the processor multiplies
 * it.
 */
public final class OneDnnBackend implements Backend {
  static final String NAME = "cpu";

  private static final int MOST_EXTENTS = 4;

  /** oneDNN counts through paddings and dilations one by one: this many take milliseconds. */
  private static final int MOST_OF_WINDOW = 1 << 20;

  private static final String SHARED_STATISTICS =
      "oneDNN shares no statistics with other processes";

  private static final String LOSES_NAN = "oneDNN's fused ReLU makes NaN 0";

  private final boolean kernels;

  /**
   * The backend over the oneDNN of this process, with Residual's own kernels where they were built.
   *
   * @throws NativeLibraryException if oneDNN is missing, too old, or cannot be loaded
   */
  public OneDnnBackend() {
    this(KernelLibrary.isAvailable());
  }

  /** The backend with or without Residual's own kernels. */
  OneDnnBackend(boolean kernels) {
    OneDnn.library();
    this.kernels = kernels;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean supports(Op op) {
    return unsupported(op, kernels).isEmpty();
  }

  @Override
  public Session compile(Graph graph, CompileOptions options) {
    return OneDnnTarget.compile(graph, options, kernels);
  }

  /** Why an operation cannot run here, if so. */
  static Optional<String> unsupported(Op op, boolean kernels) {
    Optional<String> wrongType =
        Stream.concat(op.inputs().stream(), op.outputs().stream())
            .map(value -> unsupported(op, value))
            .flatMap(Optional::stream)
            .findFirst();
    if (wrongType.isPresent()) {
      return wrongType;
    }
    if (op instanceof QuantizedConv2d && !OneDnnRuntime.hasVnni()) {
      return Optional.of("this processor does not sum 8-bit products (it lacks VNNI); use F32");
    }
    if (Convolved.isConvolution(op) && Convolved.of(op).window().largest() > MOST_OF_WINDOW) {
      return Optional.of("a number of its window is larger than " + MOST_OF_WINDOW);
    }
    return kernels ? Optional.empty() : unsupportedByOneDnn(op);
  }

  /**
   * Refuses an operation that only our kernels do, where its images are not channels last.
   *
   * @throws UnsupportedOpException if oneDNN cannot do the operation
   */
  static void requireOneDnn(Op op) {
    unsupportedByOneDnn(op)
        .ifPresent(
            reason -> {
              throw new UnsupportedOpException(
                  NAME, op, reason + "; our kernels need images channels last");
            });
  }

  private static Optional<String> unsupported(Op op, Value value) {
    if (value.shape().rank() > MOST_EXTENTS) {
      return Optional.of("%s has more than %d extents".formatted(value, MOST_EXTENTS));
    }
    boolean isState = op instanceof Dropout dropout && value.equals(dropout.random());
    if (value.dtype() == DType.I64 && !isState) {
      return Optional.of(value + " holds 64-bit integers, which oneDNN does not");
    }
    if (!value.dtype().isFloating() || value.dtype() == DType.F32) {
      return Optional.empty();
    }
    if (value.dtype() == DType.F16) {
      return Optional.of(value + " is not F32: f16 needs a GPU, or the reference; use BF16 or F32");
    }
    boolean isF32Alone =
        op instanceof SoftmaxCrossEntropy
            || op instanceof SoftmaxCrossEntropyBackward
            || op instanceof TopK
            || op instanceof LossScaleUpdate
            || op instanceof GradientClip
            || op instanceof Lerp
            || op instanceof ParameterUpdate;
    if (value.dtype() != DType.BF16 || isF32Alone) {
      return Optional.of(value + " is not F32");
    }
    return isConversion(op) || OneDnnRuntime.hasBf16()
        ? Optional.empty()
        : Optional.of(value + ": " + noBf16());
  }

  private static String noBf16() {
    return "this processor does not multiply bf16 (it lacks AVX512_BF16; oneDNN finds %s); use F32"
        .formatted(OneDnnRuntime.instructions(Dnnl.dnnl_get_effective_cpu_isa()));
  }

  /** What is quick everywhere. */
  private static boolean isConversion(Op op) {
    return op instanceof Cast
        || op instanceof Normalize
        || op instanceof Quantize
        || op instanceof Dequantize;
  }

  private static Optional<String> unsupportedByOneDnn(Op op) {
    return switch (op) {
      case BatchNorm norm when norm.processes() > 1 -> Optional.of(SHARED_STATISTICS);
      case BatchNormBackward norm when norm.processes() > 1 -> Optional.of(SHARED_STATISTICS);
      case BatchNorm norm when norm.add() != null -> Optional.of("oneDNN fuses no add");
      case BatchNormInference norm when norm.add() != null -> Optional.of("oneDNN fuses no add");
      case BatchNormBackward norm when norm.diffAdd() != null || norm.diffDstAdd() != null ->
          Optional.of("oneDNN fuses no add");
      case BatchNorm norm when norm.relu() -> Optional.of(LOSES_NAN);
      case BatchNormInference norm when norm.relu() -> Optional.of(LOSES_NAN);
      case BatchNormBackward norm when norm.mask() != null -> Optional.of(LOSES_NAN);
      case MuonUpdate _ -> Optional.of("oneDNN computes its products alone");
      default -> Optional.empty();
    };
  }
}
