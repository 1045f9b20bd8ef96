package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.engine.program.Buffer;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The lowering of weight gradients that are computed in slices, and summed. */
final class SlicedGradients {
  private SlicedGradients() {}

  static void lower(OneDnnLowering lowering, Conv2dBackwardWeights op, List<GradientSlice> slices) {
    Value bias = op.diffBias();
    MemorySegment plain = Convolutions.plain(lowering, op.diffWeights(), op.groups());
    Value diffWeights = part(lowering, op.diffWeights());
    Value diffBias = bias == null ? null : part(lowering, bias);
    GradientSlice first = slices.getFirst();
    lower(lowering, op, first, first.part(op, op.diffWeights(), bias), plain);
    for (GradientSlice slice : slices.subList(1, slices.size())) {
      lower(lowering, op, slice, slice.part(op, diffWeights, diffBias), plain);
      add(lowering, op.diffWeights(), diffWeights, plain);
      if (bias != null && diffBias != null) {
        add(lowering, bias, diffBias, lowering.descriptors().of(bias));
      }
    }
  }

  private static Value part(OneDnnLowering lowering, Value whole) {
    Value part = Value.activation(whole.name() + " (part)", whole.shape(), whole.dtype());
    lowering.add(part);
    return part;
  }

  /** Lowers the part of an operation that a slice is. */
  private static void lower(
      OneDnnLowering lowering,
      Conv2dBackwardWeights op,
      GradientSlice slice,
      Conv2dBackwardWeights part,
      MemorySegment plain) {
    Convolutions.lower(
        lowering,
        part,
        new Argument(
            Dnnl.DNNL_ARG_SRC(),
            slice.src(lowering.buffer(op.src()), op.src()),
            lowering.descriptors().of(part.src(), lowering.layout(op.src()))),
        new Argument(
            Dnnl.DNNL_ARG_DIFF_DST(),
            slice.diffDst(lowering.buffer(op.diffDst()), op.diffDst()),
            lowering.descriptors().of(part.diffDst(), lowering.layout(op.diffDst()))),
        plain);
  }

  private static void add(OneDnnLowering lowering, Value sum, Value part, MemorySegment plain) {
    Buffer dst = lowering.buffer(sum);
    Elementwise.add(
        lowering,
        new Argument(Dnnl.DNNL_ARG_SRC_0(), dst, plain),
        new Argument(Dnnl.DNNL_ARG_SRC_1(), lowering.buffer(part), plain),
        new Argument(Dnnl.DNNL_ARG_DST(), dst, plain));
  }
}
