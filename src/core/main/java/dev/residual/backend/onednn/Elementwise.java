package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.graph.Add;
import dev.residual.graph.Binary;
import dev.residual.graph.Cast;
import dev.residual.graph.Eltwise;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The lowering of elementwise operations. */
final class Elementwise {
  private Elementwise() {}

  static void lower(OneDnnLowering lowering, Relu op) {
    if (lowering.settings().kernels()) {
      KernelRelus.lower(lowering, op);
      return;
    }
    lowering
        .steps()
        .execute(
            relu(
                lowering, lowering.descriptors().of(op.src()), lowering.descriptors().of(op.dst())),
            List.of(
                lowering.steps().argument(Dnnl.DNNL_ARG_SRC(), op.src()),
                lowering.steps().argument(Dnnl.DNNL_ARG_DST(), op.dst())));
  }

  static void lower(OneDnnLowering lowering, ReluBackward op) {
    if (lowering.settings().kernels()) {
      KernelRelus.lower(lowering, op);
    } else {
      lowering.step(new ReluBackwardStep(lowering, op));
    }
  }

  static void lower(OneDnnLowering lowering, Eltwise op) {
    if (lowering.settings().kernels()) {
      KernelFunctions.lower(lowering, op);
    } else {
      lowering.step(new EltwiseStep(lowering, op));
    }
  }

  static void lower(OneDnnLowering lowering, EltwiseBackward op) {
    if (lowering.settings().kernels()) {
      KernelFunctions.lower(lowering, op);
    } else {
      lowering.step(new EltwiseBackwardStep(lowering, op));
    }
  }

  static void lower(OneDnnLowering lowering, Binary op) {
    if (lowering.settings().kernels()) {
      KernelFunctions.lower(lowering, op);
    } else {
      lowering.step(new BinaryStep(lowering, op));
    }
  }

  static void lower(OneDnnLowering lowering, Add op) {
    add(
        lowering,
        lowering.steps().argument(Dnnl.DNNL_ARG_SRC_0(), op.src0()),
        lowering.steps().argument(Dnnl.DNNL_ARG_SRC_1(), op.src1()),
        lowering.steps().argument(Dnnl.DNNL_ARG_DST(), op.dst()));
  }

  /** Adds two tensors that lie somewhere, and anyhow. */
  static void add(OneDnnLowering lowering, Argument src0, Argument src1, Argument dst) {
    MemorySegment attributes = lowering.primitives().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .primitives()
            .primitive(
                "dnnl_binary_primitive_desc_create",
                out ->
                    Dnnl.dnnl_binary_primitive_desc_create(
                        out,
                        lowering.primitives().engine(),
                        Dnnl.dnnl_binary_add(),
                        src0.descriptor(),
                        src1.descriptor(),
                        dst.descriptor(),
                        attributes));
    lowering.steps().execute(primitive, List.of(src0, src1, dst));
  }

  static void lower(OneDnnLowering lowering, Cast op) {
    if (!lowering.weights().isOmitted(op.dst())) {
      lowering.step(
          lowering
              .steps()
              .reorder(
                  lowering.buffer(op.src()),
                  lowering.descriptors().of(op.src()),
                  lowering.buffer(op.dst()),
                  lowering.descriptors().of(op.dst())));
    }
  }

  /** An exponential linear unit of height 0, for oneDNN's ReLU makes NaN 0. */
  private static PrimitiveDescriptor relu(
      OneDnnLowering lowering, MemorySegment src, MemorySegment dst) {
    MemorySegment attributes = lowering.primitives().attributes();
    return lowering
        .primitives()
        .primitive(
            "dnnl_eltwise_forward_primitive_desc_create",
            out ->
                Dnnl.dnnl_eltwise_forward_primitive_desc_create(
                    out,
                    lowering.primitives().engine(),
                    Dnnl.dnnl_forward_inference(),
                    Dnnl.dnnl_eltwise_elu(),
                    src,
                    dst,
                    0,
                    0,
                    attributes));
  }
}
