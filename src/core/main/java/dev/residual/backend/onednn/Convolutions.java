package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The lowering of convolutions and their gradients. */
final class Convolutions {
  /**
   * Channels of the source below which oneDNN 3.13 takes a block of them from strided positions all
   * the same, and so writes beyond the memory that it works in.
   */
  private static final int BLOCK = 16;

  private Convolutions() {}

  static void lower(Lowering lowering, Conv2d op) {
    if (KernelConvolutions.lower(lowering, op)) {
      return;
    }
    Value add = op.add();
    Value bias = op.bias();
    PostOps postOps = lowering.postOps(op.dst(), add, 1, op.relu());
    PrimitiveDescriptor primitive =
        forward(
            lowering,
            Dnnl.dnnl_forward_inference(),
            op.src(),
            op.weights(),
            bias,
            op.dst(),
            op.window(),
            op.groups(),
            lowering.engine().attributes(postOps));
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_SRC(), op.src()));
    Value weights = lowering.source(op.weights());
    arguments.add(lowering.weights(primitive, weights, plain(lowering, weights, op.groups())));
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_DST(), op.dst()));
    if (bias != null) {
      arguments.add(lowering.argument(Dnnl.DNNL_ARG_BIAS(), bias));
    }
    arguments.addAll(postOps.arguments(lowering, add));
    lowering.execute(primitive, arguments);
  }

  static void lower(Lowering lowering, Conv2dBackwardData op) {
    if (KernelConvolutions.lower(lowering, op)) {
      return;
    }
    Geometry geometry = new Geometry(lowering, op.window());
    PrimitiveDescriptor hint =
        forward(
            lowering,
            Dnnl.dnnl_forward_training(),
            op.diffSrc(),
            op.weights(),
            null,
            op.diffDst(),
            op.window(),
            op.groups(),
            lowering.engine().attributes());
    MemorySegment diffSrc = lowering.descriptor(op.diffSrc());
    MemorySegment weights = any(lowering, op.weights(), op.groups(), op.weights().dtype());
    MemorySegment diffDst = lowering.descriptor(op.diffDst());
    MemorySegment attributes = lowering.engine().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .engine()
            .primitive(
                "dnnl_convolution_backward_data_primitive_desc_create",
                out ->
                    Dnnl.dnnl_convolution_backward_data_primitive_desc_create(
                        out,
                        lowering.engine().handle(),
                        Dnnl.dnnl_convolution_direct(),
                        diffSrc,
                        weights,
                        diffDst,
                        geometry.strides,
                        geometry.dilations,
                        geometry.padLeft,
                        geometry.padRight,
                        hint.handle(),
                        attributes));
    Value source = lowering.source(op.weights());
    lowering.execute(
        primitive,
        List.of(
            lowering.argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()),
            lowering.weights(primitive, source, plain(lowering, source, op.groups())),
            lowering.argument(Dnnl.DNNL_ARG_DIFF_SRC(), op.diffSrc())));
  }

  static void lower(Lowering lowering, Conv2dBackwardWeights op) {
    if (KernelWeightGradients.lower(lowering, op)) {
      return;
    }
    Geometry geometry = new Geometry(lowering, op.window());
    Value bias = op.diffBias();
    PrimitiveDescriptor hint =
        forward(
            lowering,
            Dnnl.dnnl_forward_training(),
            op.src(),
            op.diffWeights(),
            bias,
            op.diffDst(),
            op.window(),
            op.groups(),
            lowering.engine().attributes());
    MemorySegment src = lowering.descriptor(op.src());
    MemorySegment diffWeights =
        any(lowering, op.diffWeights(), op.groups(), op.diffWeights().dtype());
    MemorySegment diffBias = bias == null ? MemorySegment.NULL : lowering.descriptor(bias);
    MemorySegment diffDst = lowering.descriptor(op.diffDst());
    MemorySegment attributes = lowering.engine().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .engine()
            .primitive(
                "dnnl_convolution_backward_weights_primitive_desc_create",
                out ->
                    Dnnl.dnnl_convolution_backward_weights_primitive_desc_create(
                        out,
                        lowering.engine().handle(),
                        Dnnl.dnnl_convolution_direct(),
                        src,
                        diffWeights,
                        diffBias,
                        diffDst,
                        geometry.strides,
                        geometry.dilations,
                        geometry.padLeft,
                        geometry.padRight,
                        hint.handle(),
                        attributes));
    if (op.window().isStrided() && op.src().shape().dim(1) / op.groups() < BLOCK) {
      primitive.skip("jit_1x1");
    }
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_SRC(), op.src()));
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()));
    if (bias != null) {
      arguments.add(lowering.argument(Dnnl.DNNL_ARG_DIFF_BIAS(), bias));
    }
    lowering.executeForWeights(
        primitive, arguments, op.diffWeights(), plain(lowering, op.diffWeights(), op.groups()));
  }

  static PrimitiveDescriptor forward(
      Lowering lowering,
      int kind,
      Value src,
      Value weights,
      @Nullable Value bias,
      Value dst,
      Window window,
      int groups,
      MemorySegment attributes) {
    Geometry geometry = new Geometry(lowering, window);
    MemorySegment srcDescriptor = lowering.descriptor(src);
    // Of floating operands, weight gradients are wider than the primitive they are a hint for.
    DType type = src.dtype().isFloating() ? src.dtype() : weights.dtype();
    MemorySegment weightsDescriptor = any(lowering, weights, groups, type);
    MemorySegment biasDescriptor = bias == null ? MemorySegment.NULL : lowering.descriptor(bias);
    MemorySegment dstDescriptor = lowering.descriptor(dst);
    return lowering
        .engine()
        .primitive(
            "dnnl_convolution_forward_primitive_desc_create",
            out ->
                Dnnl.dnnl_convolution_forward_primitive_desc_create(
                    out,
                    lowering.engine().handle(),
                    kind,
                    Dnnl.dnnl_convolution_direct(),
                    srcDescriptor,
                    weightsDescriptor,
                    biasDescriptor,
                    dstDescriptor,
                    geometry.strides,
                    geometry.dilations,
                    geometry.padLeft,
                    geometry.padRight,
                    attributes));
  }

  /** Weights as the parameter holds them; oneDNN gives groups an extent of their own. */
  static MemorySegment plain(Lowering lowering, Value weights, int groups) {
    return groups == 1
        ? lowering.descriptor(weights)
        : grouped(lowering, weights, groups, weights.dtype(), Dnnl.dnnl_abcde());
  }

  private static MemorySegment any(Lowering lowering, Value weights, int groups, DType dtype) {
    return groups == 1
        ? lowering.any(weights, dtype)
        : grouped(lowering, weights, groups, dtype, Dnnl.dnnl_format_tag_any());
  }

  private static MemorySegment grouped(
      Lowering lowering, Value weights, int groups, DType dtype, int tag) {
    Shape shape = weights.shape();
    return lowering
        .engine()
        .descriptor(
            Lowering.type(dtype),
            tag,
            groups,
            shape.dim(0) / groups,
            shape.dim(1),
            shape.dim(2),
            shape.dim(3));
  }

  /** A window as oneDNN reads it, where a dilation of 0 means adjacent elements. */
  private static final class Geometry {
    final MemorySegment strides;
    final MemorySegment dilations;
    final MemorySegment padLeft;
    final MemorySegment padRight;

    Geometry(Lowering lowering, Window window) {
      Engine engine = lowering.engine();
      strides = engine.longs(window.strideH(), window.strideW());
      dilations = engine.longs(window.dilationH() - 1, window.dilationW() - 1);
      padLeft = engine.longs(window.padTop(), window.padLeft());
      padRight = engine.longs(window.padBottom(), window.padRight());
    }
  }
}
