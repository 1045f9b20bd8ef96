package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The lowering of fully connected layers and their gradients. */
final class InnerProducts {
  private InnerProducts() {}

  static void lower(OneDnnLowering lowering, Linear op) {
    Value bias = op.bias();
    PrimitiveDescriptor primitive =
        forward(lowering, Dnnl.dnnl_forward_inference(), op.src(), op.weights(), bias, op.dst());
    Convolutions.settle(lowering, Convolved.of(op), primitive);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_SRC(), op.src()));
    Value weights = lowering.weights().source(op.weights());
    arguments.add(
        lowering.weights().packed(primitive, weights, lowering.descriptors().of(weights)));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DST(), op.dst()));
    if (bias != null) {
      arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_BIAS(), bias));
    }
    lowering.steps().execute(primitive, arguments);
  }

  static void lower(OneDnnLowering lowering, LinearBackwardData op) {
    PrimitiveDescriptor hint =
        forward(
            lowering, Dnnl.dnnl_forward_training(), op.diffSrc(), op.weights(), null, op.diffDst());
    MemorySegment diffSrc = lowering.descriptors().of(op.diffSrc());
    MemorySegment weights = lowering.descriptors().any(op.weights());
    MemorySegment diffDst = lowering.descriptors().of(op.diffDst());
    MemorySegment attributes = lowering.primitives().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .primitives()
            .primitive(
                "dnnl_inner_product_backward_data_primitive_desc_create",
                out ->
                    Dnnl.dnnl_inner_product_backward_data_primitive_desc_create(
                        out,
                        lowering.primitives().engine(),
                        diffSrc,
                        weights,
                        diffDst,
                        hint.handle(),
                        attributes));
    Convolutions.settle(lowering, Convolved.of(op), primitive);
    Value source = lowering.weights().source(op.weights());
    lowering
        .steps()
        .execute(
            primitive,
            List.of(
                lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()),
                lowering.weights().packed(primitive, source, lowering.descriptors().of(source)),
                lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_SRC(), op.diffSrc())));
  }

  static void lower(OneDnnLowering lowering, LinearBackwardWeights op) {
    Value bias = op.diffBias();
    PrimitiveDescriptor hint =
        forward(
            lowering, Dnnl.dnnl_forward_training(), op.src(), op.diffWeights(), bias, op.diffDst());
    MemorySegment src = lowering.descriptors().of(op.src());
    MemorySegment diffWeights = lowering.descriptors().any(op.diffWeights());
    MemorySegment diffBias = bias == null ? MemorySegment.NULL : lowering.descriptors().of(bias);
    MemorySegment diffDst = lowering.descriptors().of(op.diffDst());
    MemorySegment attributes = lowering.primitives().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .primitives()
            .primitive(
                "dnnl_inner_product_backward_weights_primitive_desc_create",
                out ->
                    Dnnl.dnnl_inner_product_backward_weights_primitive_desc_create(
                        out,
                        lowering.primitives().engine(),
                        src,
                        diffWeights,
                        diffBias,
                        diffDst,
                        hint.handle(),
                        attributes));
    Convolutions.settle(lowering, Convolved.of(op), primitive);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_SRC(), op.src()));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()));
    if (bias != null) {
      arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_BIAS(), bias));
    }
    lowering
        .weights()
        .executeGradient(
            primitive, arguments, op.diffWeights(), lowering.descriptors().of(op.diffWeights()));
  }

  private static PrimitiveDescriptor forward(
      OneDnnLowering lowering,
      int kind,
      Value src,
      Value weights,
      @Nullable Value bias,
      Value dst) {
    MemorySegment srcDescriptor = lowering.descriptors().of(src);
    MemorySegment weightsDescriptor = lowering.descriptors().any(weights, src.dtype());
    MemorySegment biasDescriptor =
        bias == null ? MemorySegment.NULL : lowering.descriptors().of(bias);
    MemorySegment dstDescriptor = lowering.descriptors().of(dst);
    MemorySegment attributes = lowering.primitives().attributes();
    return lowering
        .primitives()
        .primitive(
            "dnnl_inner_product_forward_primitive_desc_create",
            out ->
                Dnnl.dnnl_inner_product_forward_primitive_desc_create(
                    out,
                    lowering.primitives().engine(),
                    kind,
                    srcDescriptor,
                    weightsDescriptor,
                    biasDescriptor,
                    dstDescriptor,
                    attributes));
  }
}
