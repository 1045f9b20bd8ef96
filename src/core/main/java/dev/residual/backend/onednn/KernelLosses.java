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
    return arguments(lowering, op.logits(), op.labels(), op.smoothing(), op.weight())
        .point(residual_cross_entropy.loss$offset(), op.loss())
        .step(Residual.RESIDUAL_CROSS_ENTROPY());
  }

  static Step step(OneDnnLowering lowering, SoftmaxCrossEntropyBackward op) {
    return arguments(lowering, op.logits(), op.labels(), op.smoothing(), op.weight())
        .point(residual_cross_entropy.diff_loss$offset(), op.diffLoss())
        .point(residual_cross_entropy.diff_logits$offset(), op.diffLogits())
        .step(Residual.RESIDUAL_CROSS_ENTROPY_BACKWARD());
  }

  private static KernelArguments arguments(
      OneDnnLowering lowering, Value logits, Value labels, double smoothing, double weight) {
    MemorySegment a = residual_cross_entropy.allocate(lowering.primitives().session());
    residual_cross_entropy.rows(a, logits.shape().dim(0));
    residual_cross_entropy.classes(a, logits.shape().dim(1));
    residual_cross_entropy.smoothing(a, smoothing);
    residual_cross_entropy.weight(a, weight);
    residual_cross_entropy.threads(a, lowering.settings().threads());
    long field =
        labels.dtype().isFloating()
            ? residual_cross_entropy.targets$offset()
            : residual_cross_entropy.labels$offset();
    return new KernelArguments(lowering, a)
        .point(residual_cross_entropy.logits$offset(), logits)
        .point(field, labels);
  }
}
