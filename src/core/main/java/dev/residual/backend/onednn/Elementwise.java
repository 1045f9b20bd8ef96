package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.graph.Add;
import dev.residual.graph.Cast;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The lowering of elementwise operations. */
final class Elementwise {
  private Elementwise() {}

  static void lower(Lowering lowering, Relu op) {
    lowering.execute(
        relu(lowering, lowering.descriptor(op.src()), lowering.descriptor(op.dst())),
        List.of(
            lowering.argument(Dnnl.DNNL_ARG_SRC(), op.src()),
            lowering.argument(Dnnl.DNNL_ARG_DST(), op.dst())));
  }

  static void lower(Lowering lowering, ReluBackward op) {
    MemorySegment dst = lowering.descriptor(op.dst());
    MemorySegment diffDst = lowering.descriptor(op.diffDst());
    MemorySegment diffSrc = lowering.descriptor(op.diffSrc());
    MemorySegment attributes = lowering.engine().attributes();
    PrimitiveDescriptor hint = relu(lowering, dst, dst);
    PrimitiveDescriptor primitive =
        lowering
            .engine()
            .primitive(
                "dnnl_eltwise_backward_primitive_desc_create",
                out ->
                    Dnnl.dnnl_eltwise_backward_primitive_desc_create(
                        out,
                        lowering.engine().handle(),
                        Dnnl.dnnl_eltwise_relu_use_dst_for_bwd(),
                        diffSrc,
                        diffDst,
                        dst,
                        0,
                        0,
                        hint.handle(),
                        attributes));
    lowering.execute(
        primitive,
        List.of(
            lowering.argument(Dnnl.DNNL_ARG_DST(), op.dst()),
            lowering.argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()),
            lowering.argument(Dnnl.DNNL_ARG_DIFF_SRC(), op.diffSrc())));
  }

  static void lower(Lowering lowering, Add op) {
    MemorySegment src0 = lowering.descriptor(op.src0());
    MemorySegment src1 = lowering.descriptor(op.src1());
    MemorySegment dst = lowering.descriptor(op.dst());
    MemorySegment attributes = lowering.engine().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .engine()
            .primitive(
                "dnnl_binary_primitive_desc_create",
                out ->
                    Dnnl.dnnl_binary_primitive_desc_create(
                        out,
                        lowering.engine().handle(),
                        Dnnl.dnnl_binary_add(),
                        src0,
                        src1,
                        dst,
                        attributes));
    lowering.execute(
        primitive,
        List.of(
            lowering.argument(Dnnl.DNNL_ARG_SRC_0(), op.src0()),
            lowering.argument(Dnnl.DNNL_ARG_SRC_1(), op.src1()),
            lowering.argument(Dnnl.DNNL_ARG_DST(), op.dst())));
  }

  static void lower(Lowering lowering, Cast op) {
    if (!lowering.isLeft(op.dst())) {
      lowering.step(
          lowering.reorder(
              lowering.buffer(op.src()),
              lowering.descriptor(op.src()),
              lowering.buffer(op.dst()),
              lowering.descriptor(op.dst())));
    }
  }

  private static PrimitiveDescriptor relu(Lowering lowering, MemorySegment src, MemorySegment dst) {
    MemorySegment attributes = lowering.engine().attributes();
    return lowering
        .engine()
        .primitive(
            "dnnl_eltwise_forward_primitive_desc_create",
            out ->
                Dnnl.dnnl_eltwise_forward_primitive_desc_create(
                    out,
                    lowering.engine().handle(),
                    Dnnl.dnnl_forward_training(),
                    Dnnl.dnnl_eltwise_relu_use_dst_for_bwd(),
                    src,
                    dst,
                    0,
                    0,
                    attributes));
  }
}
