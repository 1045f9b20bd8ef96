package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.graph.LocalResponseNorm;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The lowering of local response normalizations. */
final class LocalResponses {
  private LocalResponses() {}

  static void lower(OneDnnLowering lowering, LocalResponseNorm op) {
    // Of an even number of channels oneDNN sums one less.
    if (op.size() % 2 == 0) {
      lowering.step(new LocalResponseStep(lowering, op));
      return;
    }
    MemorySegment src = lowering.descriptors().of(op.src());
    MemorySegment dst = lowering.descriptors().of(op.dst());
    MemorySegment attributes = lowering.primitives().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .primitives()
            .primitive(
                "dnnl_lrn_forward_primitive_desc_create",
                out ->
                    Dnnl.dnnl_lrn_forward_primitive_desc_create(
                        out,
                        lowering.primitives().engine(),
                        Dnnl.dnnl_forward_inference(),
                        Dnnl.dnnl_lrn_across_channels(),
                        src,
                        dst,
                        op.size(),
                        (float) op.alpha(),
                        (float) op.beta(),
                        (float) op.k(),
                        attributes));
    lowering
        .steps()
        .execute(
            primitive,
            List.of(
                lowering.steps().argument(Dnnl.DNNL_ARG_SRC(), op.src()),
                lowering.steps().argument(Dnnl.DNNL_ARG_DST(), op.dst())));
  }
}
