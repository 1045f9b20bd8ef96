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

  static void lower(Lowering lowering, Linear op) {
    Value bias = op.bias();
    PrimitiveDescriptor primitive =
        forward(lowering, Dnnl.dnnl_forward_inference(), op.src(), op.weights(), bias, op.dst());
    Convolutions.settle(lowering, Convolved.of(op), primitive);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_SRC(), op.src()));
    Value weights = lowering.source(op.weights());
    arguments.add(lowering.weights(primitive, weights, lowering.descriptor(weights)));
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_DST(), op.dst()));
    if (bias != null) {
      arguments.add(lowering.argument(Dnnl.DNNL_ARG_BIAS(), bias));
    }
    lowering.execute(primitive, arguments);
  }

  static void lower(Lowering lowering, LinearBackwardData op) {
    PrimitiveDescriptor hint =
        forward(
            lowering, Dnnl.dnnl_forward_training(), op.diffSrc(), op.weights(), null, op.diffDst());
    MemorySegment diffSrc = lowering.descriptor(op.diffSrc());
    MemorySegment weights = lowering.any(op.weights());
    MemorySegment diffDst = lowering.descriptor(op.diffDst());
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
    Value source = lowering.source(op.weights());
    lowering.execute(
        primitive,
        List.of(
            lowering.argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()),
            lowering.weights(primitive, source, lowering.descriptor(source)),
            lowering.argument(Dnnl.DNNL_ARG_DIFF_SRC(), op.diffSrc())));
  }

  static void lower(Lowering lowering, LinearBackwardWeights op) {
    Value bias = op.diffBias();
    PrimitiveDescriptor hint =
        forward(
            lowering, Dnnl.dnnl_forward_training(), op.src(), op.diffWeights(), bias, op.diffDst());
    MemorySegment src = lowering.descriptor(op.src());
    MemorySegment diffWeights = lowering.any(op.diffWeights());
    MemorySegment diffBias = bias == null ? MemorySegment.NULL : lowering.descriptor(bias);
    MemorySegment diffDst = lowering.descriptor(op.diffDst());
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
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_SRC(), op.src()));
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()));
    if (bias != null) {
      arguments.add(lowering.argument(Dnnl.DNNL_ARG_DIFF_BIAS(), bias));
    }
    lowering.executeForWeights(
        primitive, arguments, op.diffWeights(), lowering.descriptor(op.diffWeights()));
  }

  private static PrimitiveDescriptor forward(
      Lowering lowering, int kind, Value src, Value weights, @Nullable Value bias, Value dst) {
    MemorySegment srcDescriptor = lowering.descriptor(src);
    MemorySegment weightsDescriptor = lowering.any(weights, src.dtype());
    MemorySegment biasDescriptor = bias == null ? MemorySegment.NULL : lowering.descriptor(bias);
    MemorySegment dstDescriptor = lowering.descriptor(dst);
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
