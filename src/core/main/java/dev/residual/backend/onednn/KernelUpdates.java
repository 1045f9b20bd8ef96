package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_sgd;
import dev.residual.graph.SgdUpdate;
import java.lang.foreign.MemorySegment;

/** The lowering of parameter updates to Residual's own kernel. */
final class KernelUpdates {
  private KernelUpdates() {}

  static void lower(OneDnnLowering lowering, SgdUpdate op) {
    MemorySegment sgd = residual_sgd.allocate(lowering.primitives().session());
    residual_sgd.elements(sgd, op.parameter().shape().elements());
    residual_sgd.momentum(sgd, (float) op.momentum());
    residual_sgd.decay(sgd, (float) op.weightDecay());
    residual_sgd.nesterov(sgd, op.nesterov() ? 1 : 0);
    residual_sgd.threads(sgd, lowering.settings().threads());
    new KernelArguments(lowering, sgd)
        .point(residual_sgd.parameter$offset(), op.parameter())
        .point(residual_sgd.gradient$offset(), op.gradient())
        .point(residual_sgd.velocity$offset(), op.velocity())
        .point(residual_sgd.rate$offset(), op.learningRate())
        .run(Residual.RESIDUAL_SGD());
  }
}
