package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_weight_gradient;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** The lowering of weight gradients to Residual's own kernel. */
final class KernelWeightGradients {
  private KernelWeightGradients() {}

  /** Adds the kernel if it can do this shape; otherwise adds nothing and answers false. */
  static boolean lower(Lowering lowering, Conv2dBackwardWeights op) {
    if (!lowering.settings().kernels()
        || op.src().dtype() != DType.F32
        || op.groups() != 1
        || op.diffBias() != null
        || lowering.layouts().of(op.src()) != Layout.CHANNELS_LAST
        || lowering.layouts().of(op.diffDst()) != Layout.CHANNELS_LAST) {
      return false;
    }
    MemorySegment arguments = arguments(lowering, op);
    long scratch = Residual.residual_weight_gradient_scratch(arguments);
    if (scratch < 0) {
      return false;
    }
    new KernelArguments(lowering, arguments)
        .point(residual_weight_gradient.src$offset(), op.src())
        .point(residual_weight_gradient.diff_dst$offset(), op.diffDst())
        .point(residual_weight_gradient.diff_weights$offset(), op.diffWeights())
        .scratch(residual_weight_gradient.scratch$offset(), scratch)
        .run(Residual.RESIDUAL_WEIGHT_GRADIENT());
    return true;
  }

  private static MemorySegment arguments(Lowering lowering, Conv2dBackwardWeights op) {
    MemorySegment a = residual_weight_gradient.allocate(lowering.engine().session());
    Shape src = op.src().shape();
    Shape dst = op.diffDst().shape();
    Window window = op.window();
    residual_weight_gradient.images(a, src.dim(0));
    residual_weight_gradient.in(a, src.dim(1));
    residual_weight_gradient.height(a, src.dim(2));
    residual_weight_gradient.width(a, src.dim(3));
    residual_weight_gradient.out(a, dst.dim(1));
    residual_weight_gradient.out_height(a, dst.dim(2));
    residual_weight_gradient.out_width(a, dst.dim(3));
    residual_weight_gradient.kernel_h(a, window.kernelH());
    residual_weight_gradient.kernel_w(a, window.kernelW());
    residual_weight_gradient.stride_h(a, window.strideH());
    residual_weight_gradient.stride_w(a, window.strideW());
    residual_weight_gradient.pad_top(a, window.padTop());
    residual_weight_gradient.pad_left(a, window.padLeft());
    residual_weight_gradient.dilation_h(a, window.dilationH());
    residual_weight_gradient.dilation_w(a, window.dilationW());
    residual_weight_gradient.threads(a, lowering.settings().threads());
    return a;
  }
}
