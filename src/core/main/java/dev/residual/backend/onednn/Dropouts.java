package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_scale_rows;
import dev.residual.engine.program.Step;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;

/** The lowering of dropout and its gradient: of elements to loops in Java, of rows to a kernel. */
final class Dropouts {
  private Dropouts() {}

  static void lower(OneDnnLowering lowering, Dropout op) {
    if (op.isByRow()) {
      lowering.step(new KeepRowsStep(lowering, op));
      scale(lowering, op.src(), op.mask(), op.dst(), op.probability());
    } else {
      lowering.step(new DropoutStep(lowering, op));
    }
  }

  static void lower(OneDnnLowering lowering, DropoutBackward op) {
    if (op.isByRow()) {
      scale(lowering, op.diffDst(), op.mask(), op.diffSrc(), op.probability());
    } else {
      lowering.step(new DropoutBackwardStep(lowering, op));
    }
  }

  private static void scale(
      OneDnnLowering lowering, Value src, Value mask, Value dst, double probability) {
    float scale = (float) (1 / (1 - probability));
    if (!lowering.settings().kernels()) {
      lowering.step(new ScaleRowsStep(lowering, src, mask, dst, scale));
      return;
    }
    long rows = mask.shape().elements();
    MemorySegment a = residual_scale_rows.allocate(lowering.primitives().session());
    residual_scale_rows.rows(a, rows);
    residual_scale_rows.elements(a, src.shape().elements() / rows);
    residual_scale_rows.scale(a, scale);
    residual_scale_rows.dtype(a, KernelArguments.dtype(src));
    residual_scale_rows.threads(a, lowering.settings().threads());
    Step step =
        new KernelArguments(lowering, a)
            .point(residual_scale_rows.src$offset(), src)
            .point(residual_scale_rows.mask$offset(), mask)
            .point(residual_scale_rows.dst$offset(), dst)
            .step(Residual.RESIDUAL_SCALE_ROWS(), "scale_rows");
    lowering.step(step);
  }
}
