package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_relu;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The lowering of ReLUs that nothing is fused with to Residual's own kernels. */
final class KernelRelus {
  private KernelRelus() {}

  static void lower(OneDnnLowering lowering, Relu op) {
    run(lowering, Residual.RESIDUAL_RELU(), op.src(), null, op.dst());
  }

  static void lower(OneDnnLowering lowering, ReluBackward op) {
    run(lowering, Residual.RESIDUAL_RELU_BACKWARD(), op.dst(), op.diffDst(), op.diffSrc());
  }

  private static void run(
      OneDnnLowering lowering, int kernel, Value read, @Nullable Value diffDst, Value written) {
    MemorySegment a = residual_relu.allocate(lowering.primitives().session());
    residual_relu.elements(a, read.shape().elements());
    residual_relu.dtype(a, KernelArguments.dtype(read));
    residual_relu.threads(a, lowering.settings().threads());
    new KernelArguments(lowering, a)
        .point(residual_relu.src$offset(), read)
        .point(residual_relu.diff_dst$offset(), diffDst)
        .point(residual_relu.dst$offset(), written)
        .run(kernel);
  }
}
