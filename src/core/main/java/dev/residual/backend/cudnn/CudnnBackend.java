package dev.residual.backend.cudnn;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.program.ProgramSession;
import dev.residual.graph.Dropout;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.Lerp;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The backend of an NVIDIA GPU: cuDNN's operation graphs, and Residual's own kernels for what lies
 * between; images lie channels last.
 *
 * <p>Floating values are {@link DType#F32}, {@link DType#BF16} and {@link DType#F16}.
 */
public final class CudnnBackend implements Backend {
  static final String NAME = "cuda";

  private final CudnnDevice device;

  /**
   * The backend of a device.
   *
   * @param ordinal the device, counted from 0
   * @throws NativeLibraryException if the driver, cuDNN or NVRTC is missing or too old
   * @throws NativeException if the driver finds no device
   * @throws IllegalArgumentException if there is no device of this number
   */
  public CudnnBackend(int ordinal) {
    device = CudnnDevice.open(ordinal);
  }

  /**
   * The backend of a device; empty if it cannot be used.
   *
   * @param listener told why not, in one line
   */
  public static Optional<CudnnBackend> ifUsable(int ordinal, Consumer<String> listener) {
    try {
      return Optional.of(new CudnnBackend(ordinal));
    } catch (NativeLibraryException | NativeException | IllegalArgumentException e) {
      listener.accept(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
      return Optional.empty();
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean supports(Op op) {
    return canRun(op);
  }

  /** Whether a GPU, whichever it is, can run an operation. */
  public static boolean canRun(Op op) {
    return unsupported(op).isEmpty();
  }

  @Override
  public Session compile(Graph graph, CompileOptions options) {
    return ProgramSession.compile(graph, new CudnnTarget(device, options));
  }

  /** Why an operation cannot run here, if so. */
  static Optional<String> unsupported(Op op) {
    return Stream.concat(op.inputs().stream(), op.outputs().stream())
        .map(value -> unsupported(op, value))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<String> unsupported(Op op, Value value) {
    if (value.shape().rank() > FunctionLaunches.LOOPS) {
      return Optional.of("%s has more than %d extents".formatted(value, FunctionLaunches.LOOPS));
    }
    boolean isState = op instanceof Dropout dropout && value.equals(dropout.random());
    if (value.dtype() == DType.F64 || (value.dtype() == DType.I64 && !isState)) {
      return Optional.of("%s is %s, which our CUDA kernels lack".formatted(value, value.dtype()));
    }
    boolean isF32Alone =
        op instanceof SoftmaxCrossEntropy
            || op instanceof SoftmaxCrossEntropyBackward
            || op instanceof TopK
            || op instanceof GradientClip
            || op instanceof Lerp
            || op instanceof ParameterUpdate;
    return isF32Alone && value.dtype().isHalf()
        ? Optional.of(value + " is not F32")
        : Optional.empty();
  }
}
