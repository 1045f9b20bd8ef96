package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_cross_entropy;
import dev.residual.engine.program.Step;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;

/** The lowering of the loss and its gradient to Residual's own kernels. */
final class KernelLosses {
  private KernelLosses() {}

  static Step step(OneDnnLowering lowering, SoftmaxCrossEntropy op) {
    return new KernelArguments(lowering, arguments(lowering, op.logits(), op.smoothing()))
        .point(residual_cross_entropy.logits$offset(), op.logits())
        .point(residual_cross_entropy.labels$offset(), op.labels())
        .point(residual_cross_entropy.loss$offset(), op.loss())
        .step(Residual.RESIDUAL_CROSS_ENTROPY());
  }

  static Step step(OneDnnLowering lowering, SoftmaxCrossEntropyBackward op) {
    return new KernelArguments(lowering, arguments(lowering, op.logits(), op.smoothing()))
        .point(residual_cross_entropy.logits$offset(), op.logits())
        .point(residual_cross_entropy.labels$offset(), op.labels())
        .point(residual_cross_entropy.diff_loss$offset(), op.diffLoss())
        .point(residual_cross_entropy.diff_logits$offset(), op.diffLogits())
        .step(Residual.RESIDUAL_CROSS_ENTROPY_BACKWARD());
  }

  private static MemorySegment arguments(OneDnnLowering lowering, Value logits, double smoothing) {
    MemorySegment a = residual_cross_entropy.allocate(lowering.primitives().session());
    residual_cross_entropy.rows(a, logits.shape().dim(0));
    residual_cross_entropy.classes(a, logits.shape().dim(1));
    residual_cross_entropy.smoothing(a, smoothing);
    residual_cross_entropy.threads(a, lowering.settings().threads());
    return a;
  }
}
