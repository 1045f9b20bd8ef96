package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The lowering of operations on 8-bit integers: oneDNN's convolutions with scales, and reorders
 * where Residual's own kernels do not convert.
 *
 * <p>Source: oneDNN, developer guide, quantization.
 */
final class Quantizations {
  private static final int ONE = 0;
  private static final int EACH_CHANNEL = 1;
  private static final int EACH_CHANNEL_OF_EACH_GROUP = 3;

  private Quantizations() {}

  static void lower(OneDnnLowering lowering, Quantize op) {
    if (KernelQuantizations.fits(lowering, op.src(), op.dst())) {
      KernelQuantizations.lower(lowering, op);
      return;
    }
    reorder(lowering, op.src(), op.dst(), Dnnl.DNNL_ARG_DST(), op.scale());
  }

  static void lower(OneDnnLowering lowering, Dequantize op) {
    if (KernelQuantizations.fits(lowering, op.src(), op.dst())) {
      KernelQuantizations.lower(lowering, op);
      return;
    }
    reorder(lowering, op.src(), op.dst(), Dnnl.DNNL_ARG_SRC(), op.scale());
  }

  private static void reorder(
      OneDnnLowering lowering, Value src, Value dst, int scaled, double scale) {
    MemorySegment attributes = lowering.primitives().attributes();
    setScale(attributes, scaled, ONE);
    lowering.step(
        lowering
            .steps()
            .reorder(
                lowering.buffer(src),
                lowering.descriptors().of(src),
                lowering.buffer(dst),
                lowering.descriptors().of(dst),
                attributes,
                List.of(lowering.steps().constant(Dnnl.DNNL_ARG_ATTR_SCALES() | scaled, scale))));
  }

  static void lower(OneDnnLowering lowering, QuantizedConv2d op) {
    Value bias = op.bias();
    Value add = op.add();
    boolean rounded = !op.dst().dtype().isFloating();
    PostOps postOps = lowering.postOps(op.dst(), add, op.addScale(), op.relu());
    MemorySegment attributes = lowering.primitives().attributes(postOps);
    setScale(attributes, Dnnl.DNNL_ARG_SRC(), ONE);
    setScale(
        attributes,
        Dnnl.DNNL_ARG_WEIGHTS(),
        op.groups() == 1 ? EACH_CHANNEL : EACH_CHANNEL_OF_EACH_GROUP);
    if (rounded) {
      setScale(attributes, Dnnl.DNNL_ARG_DST(), ONE);
    }
    Convolved convolved = Convolved.of(op);
    PrimitiveDescriptor primitive =
        Convolutions.forward(lowering, Dnnl.dnnl_forward_inference(), convolved, bias, attributes);
    Convolutions.settle(lowering, convolved, primitive);
    int scales = Dnnl.DNNL_ARG_ATTR_SCALES();
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_SRC(), op.src()));
    arguments.add(
        lowering
            .weights()
            .packed(
                primitive, op.weights(), Convolutions.plain(lowering, op.weights(), op.groups())));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DST(), op.dst()));
    if (bias != null) {
      arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_BIAS(), bias));
    }
    arguments.addAll(postOps.arguments(lowering, add));
    arguments.add(lowering.steps().constant(scales | Dnnl.DNNL_ARG_SRC(), op.srcScale()));
    arguments.add(lowering.steps().argument(scales | Dnnl.DNNL_ARG_WEIGHTS(), op.weightsScale()));
    if (rounded) {
      arguments.add(lowering.steps().constant(scales | Dnnl.DNNL_ARG_DST(), op.dstScale()));
    }
    lowering.steps().execute(primitive, arguments);
  }

  private static void setScale(MemorySegment attributes, int argument, int mask) {
    OneDnn.check(
        "dnnl_primitive_attr_set_scales_mask",
        Dnnl.dnnl_primitive_attr_set_scales_mask(attributes, argument, mask));
  }
}
