package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The lowering of batch normalisation and its gradient. */
final class BatchNorms {
  private BatchNorms() {}

  static void lower(OneDnnLowering lowering, BatchNorm op) {
    if (KernelNorms.fits(lowering, op)) {
      KernelNorms.lower(lowering, op);
      return;
    }
    OneDnnBackend.requireOneDnn(op);
    PrimitiveDescriptor primitive =
        forward(
            lowering, Dnnl.dnnl_forward_training(), op.src(), op.dst(), op.epsilon(), flags(false));
    List<Argument> arguments = arguments(lowering, op.src(), op.scale(), op.mean(), op.variance());
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_SHIFT(), op.shift()));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DST(), op.dst()));
    lowering.steps().execute(primitive, arguments);
    lowering.step(new RunningStatisticsStep(lowering, op));
  }

  static void lower(OneDnnLowering lowering, BatchNormInference op) {
    if (KernelNorms.fits(lowering, op)) {
      KernelNorms.lower(lowering, op);
      return;
    }
    OneDnnBackend.requireOneDnn(op);
    PrimitiveDescriptor primitive =
        forward(
            lowering, Dnnl.dnnl_forward_inference(), op.src(), op.dst(), op.epsilon(), flags(true));
    List<Argument> arguments = arguments(lowering, op.src(), op.scale(), op.mean(), op.variance());
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_SHIFT(), op.shift()));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DST(), op.dst()));
    lowering.steps().execute(primitive, arguments);
  }

  static void lower(OneDnnLowering lowering, BatchNormBackward op) {
    if (KernelNorms.fits(lowering, op)) {
      KernelNorms.lower(lowering, op);
      return;
    }
    OneDnnBackend.requireOneDnn(op);
    int flags = flags(op.frozen());
    PrimitiveDescriptor hint =
        forward(
            lowering, Dnnl.dnnl_forward_training(), op.src(), op.diffDst(), op.epsilon(), flags);
    MemorySegment diffSrc = lowering.descriptors().of(op.diffSrc());
    MemorySegment diffDst = lowering.descriptors().of(op.diffDst());
    MemorySegment src = lowering.descriptors().of(op.src());
    MemorySegment attributes = lowering.primitives().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .primitives()
            .primitive(
                "dnnl_batch_normalization_backward_primitive_desc_create",
                out ->
                    Dnnl.dnnl_batch_normalization_backward_primitive_desc_create(
                        out,
                        lowering.primitives().engine(),
                        Dnnl.dnnl_backward(),
                        diffSrc,
                        diffDst,
                        src,
                        (float) op.epsilon(),
                        flags,
                        hint.handle(),
                        attributes));
    List<Argument> arguments = arguments(lowering, op.src(), op.scale(), op.mean(), op.variance());
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_SRC(), op.diffSrc()));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_SCALE(), op.diffScale()));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_SHIFT(), op.diffShift()));
    lowering.steps().execute(primitive, arguments);
  }

  private static List<Argument> arguments(
      OneDnnLowering lowering, Value src, Value scale, Value mean, Value variance) {
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_SRC(), src));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_SCALE(), scale));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_MEAN(), mean));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_VARIANCE(), variance));
    return arguments;
  }

  private static int flags(boolean global) {
    return Dnnl.dnnl_use_scale()
        | Dnnl.dnnl_use_shift()
        | (global ? Dnnl.dnnl_use_global_stats() : 0);
  }

  private static PrimitiveDescriptor forward(
      OneDnnLowering lowering, int kind, Value src, Value dst, double epsilon, int flags) {
    MemorySegment srcDescriptor = lowering.descriptors().of(src);
    MemorySegment dstDescriptor = lowering.descriptors().of(dst);
    MemorySegment attributes = lowering.primitives().attributes();
    return lowering
        .primitives()
        .primitive(
            "dnnl_batch_normalization_forward_primitive_desc_create",
            out ->
                Dnnl.dnnl_batch_normalization_forward_primitive_desc_create(
                    out,
                    lowering.primitives().engine(),
                    kind,
                    srcDescriptor,
                    dstDescriptor,
                    (float) epsilon,
                    flags,
                    attributes));
  }
}
