package dev.residual.backend.onednn;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_weight_gradient;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The lowering of weight gradients to Residual's own kernels, where they are faster than oneDNN.
 *
 * <p>In bf16, an infinite or undefined element of the source may make weights undefined that do not
 * read it: positions are taken in pairs, and one that is left over meets a gradient of zero.
 */
final class KernelWeightGradients {
  private KernelWeightGradients() {}

  /** Adds the kernel if it can do this shape; otherwise adds nothing and answers false. */
  static boolean lower(OneDnnLowering lowering, Conv2dBackwardWeights op) {
    if (!lowering.settings().kernels()
        || !KernelArguments.take(op.window())
        || op.groups() != 1
        || lowering.layout(op.src()) != Layout.CHANNELS_LAST
        || lowering.layout(op.diffDst()) != Layout.CHANNELS_LAST) {
      return false;
    }
    MemorySegment arguments = arguments(lowering, op);
    long direct = Residual.residual_weight_gradient_scratch(arguments);
    long winograd = Residual.residual_winograd_gradient_scratch(arguments);
    Algorithm choice =
        AlgorithmChoice.fastest(lowering, op, false, order(op, direct >= 0, winograd >= 0));
    if (choice == Algorithm.ONEDNN) {
      return false;
    }
    KernelArguments kernel =
        new KernelArguments(lowering, arguments)
            .point(residual_weight_gradient.src$offset(), op.src())
            .point(residual_weight_gradient.diff_dst$offset(), op.diffDst())
            .point(residual_weight_gradient.diff_weights$offset(), op.diffWeights());
    long scratch = residual_weight_gradient.scratch$offset();
    lowering.step(
        choice == Algorithm.WINOGRAD
            ? kernel
                .scratch(scratch, winograd)
                .step(Residual.RESIDUAL_WINOGRAD_GRADIENT(), "winograd_gradient")
            : kernel
                .scratch(scratch, direct)
                .step(Residual.RESIDUAL_WEIGHT_GRADIENT(), "weight_gradient"));
    Value bias = op.diffBias();
    if (bias != null) {
      lowering.step(BiasGradients.kernel(lowering, op.diffDst(), bias));
    }
    return true;
  }

  /** Who can do it, the one that is fastest for most shapes first. */
  private static List<Algorithm> order(
      Conv2dBackwardWeights op, boolean isDirect, boolean isWinograd) {
    // Narrow channels are where oneDNN is at its best, but for those of images and for 16-bit
    // floats.
    int in = op.src().shape().dim(1);
    boolean wide = (in % 64 == 0 && op.diffDst().shape().dim(1) % 64 == 0) || in % 16 != 0;
    List<Algorithm> order =
        op.src().dtype() == DType.BF16
            ? List.of(Algorithm.DIRECT, Algorithm.WINOGRAD, Algorithm.ONEDNN)
            : wide
                ? List.of(Algorithm.WINOGRAD, Algorithm.DIRECT, Algorithm.ONEDNN)
                : List.of(Algorithm.WINOGRAD, Algorithm.ONEDNN, Algorithm.DIRECT);
    return order.stream()
        .filter(choice -> choice != Algorithm.DIRECT || isDirect)
        .filter(choice -> choice != Algorithm.WINOGRAD || isWinograd)
        .toList();
  }

  private static MemorySegment arguments(OneDnnLowering lowering, Conv2dBackwardWeights op) {
    MemorySegment a = residual_weight_gradient.allocate(lowering.primitives().session());
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
    residual_weight_gradient.dtype(a, KernelArguments.dtype(op.src()));
    return a;
  }
}
