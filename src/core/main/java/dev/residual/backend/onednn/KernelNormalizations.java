package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_normalize;
import dev.residual.graph.Normalize;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The lowering of the scaling of colours to Residual's own kernel. */
final class KernelNormalizations {
  private KernelNormalizations() {}

  static void lower(OneDnnLowering lowering, Normalize op) {
    int channels = op.src().shape().dim(1);
    MemorySegment a = residual_normalize.allocate(lowering.primitives().session());
    residual_normalize.mean(a, floats(lowering, op.mean()));
    residual_normalize.deviation(a, floats(lowering, op.std()));
    residual_normalize.rows(a, op.src().shape().elements() / channels);
    residual_normalize.channels(a, channels);
    residual_normalize.dtype(a, KernelArguments.dtype(op.dst()));
    residual_normalize.threads(a, lowering.settings().threads());
    new KernelArguments(lowering, a)
        .point(residual_normalize.src$offset(), op.src())
        .point(residual_normalize.dst$offset(), op.dst())
        .run(Residual.RESIDUAL_NORMALIZE());
  }

  private static MemorySegment floats(OneDnnLowering lowering, List<Float> values) {
    MemorySegment array = lowering.primitives().session().allocate(JAVA_FLOAT, values.size());
    for (int i = 0; i < values.size(); i++) {
      array.setAtIndex(JAVA_FLOAT, i, values.get(i));
    }
    return array;
  }
}
