package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_adamw;
import dev.residual.bindings.kernels.residual_lars;
import dev.residual.bindings.kernels.residual_lerp;
import dev.residual.bindings.kernels.residual_sgd;
import dev.residual.graph.AdamWUpdate;
import dev.residual.graph.LarsUpdate;
import dev.residual.graph.Lerp;
import dev.residual.graph.SgdUpdate;
import java.lang.foreign.MemorySegment;

/** The lowering of parameter updates to Residual's own kernels. */
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
        .point(residual_sgd.factor$offset(), op.factor())
        .run(Residual.RESIDUAL_SGD());
  }

  static void lower(OneDnnLowering lowering, AdamWUpdate op) {
    MemorySegment adamW = residual_adamw.allocate(lowering.primitives().session());
    residual_adamw.elements(adamW, op.parameter().shape().elements());
    residual_adamw.beta1(adamW, op.settings().beta1());
    residual_adamw.beta2(adamW, op.settings().beta2());
    residual_adamw.epsilon(adamW, (float) op.settings().epsilon());
    residual_adamw.decay(adamW, (float) op.settings().weightDecay());
    residual_adamw.threads(adamW, lowering.settings().threads());
    new KernelArguments(lowering, adamW)
        .point(residual_adamw.parameter$offset(), op.parameter())
        .point(residual_adamw.gradient$offset(), op.gradient())
        .point(residual_adamw.mean$offset(), op.mean())
        .point(residual_adamw.variance$offset(), op.variance())
        .point(residual_adamw.steps$offset(), op.steps())
        .point(residual_adamw.rate$offset(), op.learningRate())
        .point(residual_adamw.factor$offset(), op.factor())
        .run(Residual.RESIDUAL_ADAMW());
  }

  static void lower(OneDnnLowering lowering, LarsUpdate op) {
    MemorySegment lars = residual_lars.allocate(lowering.primitives().session());
    residual_lars.elements(lars, op.parameter().shape().elements());
    residual_lars.trust(lars, (float) op.trust());
    residual_lars.momentum(lars, (float) op.momentum());
    residual_lars.decay(lars, (float) op.weightDecay());
    residual_lars.epsilon(lars, (float) op.epsilon());
    residual_lars.threads(lars, lowering.settings().threads());
    new KernelArguments(lowering, lars)
        .point(residual_lars.parameter$offset(), op.parameter())
        .point(residual_lars.gradient$offset(), op.gradient())
        .point(residual_lars.velocity$offset(), op.velocity())
        .point(residual_lars.rate$offset(), op.learningRate())
        .point(residual_lars.factor$offset(), op.factor())
        .run(Residual.RESIDUAL_LARS());
  }

  static void lower(OneDnnLowering lowering, Lerp op) {
    MemorySegment lerp = residual_lerp.allocate(lowering.primitives().session());
    residual_lerp.elements(lerp, op.target().shape().elements());
    residual_lerp.threads(lerp, lowering.settings().threads());
    new KernelArguments(lowering, lerp)
        .point(residual_lerp.target$offset(), op.target())
        .point(residual_lerp.source$offset(), op.source())
        .point(residual_lerp.share$offset(), op.share())
        .run(Residual.RESIDUAL_LERP());
  }
}
