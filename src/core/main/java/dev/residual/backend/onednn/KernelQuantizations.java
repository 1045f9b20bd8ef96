package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_quantize;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Quantize;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.lang.foreign.MemorySegment;

/** The lowering of conversions to 8-bit integers and back to Residual's own kernels. */
final class KernelQuantizations {
  private KernelQuantizations() {}

  static void lower(OneDnnLowering lowering, Quantize op) {
    run(lowering, Residual.RESIDUAL_QUANTIZE(), op.src(), op.dst(), op.dst(), 1 / op.scale());
  }

  static void lower(OneDnnLowering lowering, Dequantize op) {
    run(lowering, Residual.RESIDUAL_DEQUANTIZE(), op.src(), op.dst(), op.src(), op.scale());
  }

  /** Whether elements lie in the same order on both sides, as kernels need it. */
  static boolean fits(OneDnnLowering lowering, Value src, Value dst) {
    return lowering.settings().kernels() && lowering.layout(src) == lowering.layout(dst);
  }

  private static void run(
      OneDnnLowering lowering, int kernel, Value src, Value dst, Value integers, double factor) {
    MemorySegment a = residual_quantize.allocate(lowering.primitives().session());
    residual_quantize.elements(a, src.shape().elements());
    residual_quantize.factor(a, (float) factor);
    residual_quantize.is_signed(a, integers.dtype() == DType.S8 ? 1 : 0);
    residual_quantize.dtype(a, KernelArguments.dtype(integers.equals(src) ? dst : src));
    residual_quantize.threads(a, lowering.settings().threads());
    new KernelArguments(lowering, a)
        .point(residual_quantize.src$offset(), src)
        .point(residual_quantize.dst$offset(), dst)
        .run(kernel);
  }
}
