package dev.residual.backend.onednn;

import dev.residual.backend.onednn.KernelSettings.WeightGradients;
import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_weight_gradient;
import dev.residual.engine.Session;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The lowering of weight gradients to Residual's own kernel, where that is faster than oneDNN. */
final class KernelWeightGradients {
  /** Floating-point operations below which either takes microseconds. */
  private static final double WORTH_MEASURING = 1e8;

  /** Bytes of images beyond which measuring takes memory that the session itself may need. */
  private static final long TOO_MUCH_TO_MEASURE = 1L << 29;

  private KernelWeightGradients() {}

  /** Adds the kernel if it can do this shape; otherwise adds nothing and answers false. */
  static boolean lower(Lowering lowering, Conv2dBackwardWeights op) {
    if (!lowering.settings().kernels()
        || op.groups() != 1
        || op.diffBias() != null
        || lowering.layouts().of(op.src()) != Layout.CHANNELS_LAST
        || lowering.layouts().of(op.diffDst()) != Layout.CHANNELS_LAST) {
      return false;
    }
    MemorySegment arguments = arguments(lowering, op);
    long scratch = Residual.residual_weight_gradient_scratch(arguments);
    if (scratch < 0 || choice(lowering, op) == WeightGradients.ONEDNN) {
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

  private static WeightGradients choice(Lowering lowering, Conv2dBackwardWeights op) {
    KernelSettings settings = lowering.settings();
    if (settings.weightGradients() != WeightGradients.FASTEST) {
      return settings.weightGradients();
    }
    // Narrow channels are where oneDNN is at its best, and 16-bit floats where it is not.
    boolean wide = op.src().shape().dim(1) % 64 == 0 && op.diffDst().shape().dim(1) % 64 == 0;
    List<WeightGradients> order =
        wide || op.src().dtype() == DType.BF16
            ? List.of(WeightGradients.KERNEL, WeightGradients.ONEDNN)
            : List.of(WeightGradients.ONEDNN, WeightGradients.KERNEL);
    double operations = Cost.of(op).flops();
    long bytes = op.src().bytes() + op.diffDst().bytes();
    if (operations < WORTH_MEASURING || bytes > TOO_MUCH_TO_MEASURE) {
      return order.getFirst();
    }
    String operation =
        "weight gradient %s %s %s %s %d threads"
            .formatted(
                op.src().dtype(),
                op.src().shape(),
                op.diffDst().shape(),
                op.window(),
                settings.threads());
    return WeightGradients.valueOf(
        Tuning.fastest(
            operation,
            order.stream().map(Enum::name).toList(),
            name -> session(settings.with(WeightGradients.valueOf(name)), op)));
  }

  private static Session session(KernelSettings settings, Conv2dBackwardWeights op) {
    Value src = Value.input("src", op.src().shape(), op.src().dtype());
    Value diffDst = Value.input("diffDst", op.diffDst().shape(), op.diffDst().dtype());
    Op alone =
        new Conv2dBackwardWeights(
            src, diffDst, op.diffWeights(), op.diffBias(), op.window(), op.groups());
    return OneDnnSession.compile(Graph.of(alone), settings);
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
    residual_weight_gradient.dtype(
        a, op.src().dtype() == DType.BF16 ? Residual.RESIDUAL_BF16() : Residual.RESIDUAL_F32());
    return a;
  }
}
