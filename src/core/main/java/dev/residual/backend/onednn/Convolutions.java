package dev.residual.backend.onednn;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.engine.UnsupportedOpException;
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
  private Convolutions() {}

  static void lower(OneDnnLowering lowering, Conv2d op) {
    if (KernelConvolutions.lower(lowering, op)) {
      return;
    }
    Value add = op.add();
    Value bias = op.bias();
    PostOps postOps = lowering.postOps(op.dst(), add, 1, op.relu());
    Convolved convolved = Convolved.of(op);
    PrimitiveDescriptor primitive =
        forward(
            lowering,
            Dnnl.dnnl_forward_inference(),
            convolved,
            bias,
            lowering.primitives().attributes(postOps));
    settle(lowering, convolved, primitive);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_SRC(), op.src()));
    Value weights = lowering.weights().source(op.weights());
    arguments.add(
        lowering.weights().packed(primitive, weights, plain(lowering, weights, op.groups())));
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DST(), op.dst()));
    if (bias != null) {
      arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_BIAS(), bias));
    }
    arguments.addAll(postOps.arguments(lowering, add));
    lowering.steps().execute(primitive, arguments);
  }

  static void lower(OneDnnLowering lowering, Conv2dBackwardData op) {
    if (KernelConvolutions.lower(lowering, op)) {
      return;
    }
    Convolved convolved = Convolved.of(op);
    Geometry geometry = new Geometry(lowering, convolved);
    PrimitiveDescriptor hint =
        forward(
            lowering,
            Dnnl.dnnl_forward_training(),
            convolved,
            null,
            lowering.primitives().attributes());
    MemorySegment diffSrc = lowering.descriptors().of(op.diffSrc());
    MemorySegment weights = any(lowering, op.weights(), op.groups(), op.weights().dtype());
    MemorySegment diffDst = lowering.descriptors().of(op.diffDst());
    MemorySegment attributes = lowering.primitives().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .primitives()
            .primitive(
                "dnnl_convolution_backward_data_primitive_desc_create",
                out ->
                    Dnnl.dnnl_convolution_backward_data_primitive_desc_create(
                        out,
                        lowering.primitives().engine(),
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
    settle(lowering, convolved, primitive);
    Value source = lowering.weights().source(op.weights());
    lowering
        .steps()
        .execute(
            primitive,
            List.of(
                lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()),
                lowering.weights().packed(primitive, source, plain(lowering, source, op.groups())),
                lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_SRC(), op.diffSrc())));
  }

  static void lower(OneDnnLowering lowering, Conv2dBackwardWeights op) {
    if (KernelWeightGradients.lower(lowering, op)) {
      return;
    }
    List<GradientSlice> slices = GradientSlice.of(op);
    if (slices.isEmpty()) {
      lower(
          lowering,
          op,
          lowering.steps().argument(Dnnl.DNNL_ARG_SRC(), op.src()),
          lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_DST(), op.diffDst()),
          plain(lowering, op.diffWeights(), op.groups()));
    } else {
      SlicedGradients.lower(lowering, op, slices);
    }
  }

  /**
   * Lowers it to oneDNN for images that lie somewhere.
   *
   * @param plain how the gradient of the weights is to lie
   */
  static void lower(
      OneDnnLowering lowering,
      Conv2dBackwardWeights op,
      Argument images,
      Argument gradients,
      MemorySegment plain) {
    Convolved convolved = Convolved.of(op);
    Geometry geometry = new Geometry(lowering, convolved);
    Value bias = op.diffBias();
    PrimitiveDescriptor hint =
        forward(
            lowering,
            Dnnl.dnnl_forward_training(),
            convolved,
            bias,
            lowering.primitives().attributes());
    MemorySegment src = lowering.descriptors().of(op.src());
    MemorySegment diffWeights =
        any(lowering, op.diffWeights(), op.groups(), op.diffWeights().dtype());
    MemorySegment diffBias = bias == null ? MemorySegment.NULL : lowering.descriptors().of(bias);
    MemorySegment diffDst = lowering.descriptors().of(op.diffDst());
    MemorySegment attributes = lowering.primitives().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .primitives()
            .primitive(
                "dnnl_convolution_backward_weights_primitive_desc_create",
                out ->
                    Dnnl.dnnl_convolution_backward_weights_primitive_desc_create(
                        out,
                        lowering.primitives().engine(),
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
    settle(lowering, convolved, primitive);
    List<Argument> arguments = new ArrayList<>(List.of(images, gradients));
    if (bias != null) {
      arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DIFF_BIAS(), bias));
    }
    lowering.weights().executeGradient(primitive, arguments, op.diffWeights(), plain);
  }

  /**
   * Takes the first implementation that computes rightly.
   *
   * @throws UnsupportedOpException if there is none
   */
  static void settle(OneDnnLowering lowering, Convolved convolved, PrimitiveDescriptor primitive) {
    Safeguards safeguards = lowering.settings().safeguards();
    boolean avoids = safeguards.avoids() && Convolved.isConvolution(convolved.op());
    int passed = 0;
    while (passed < safeguards.passed()
        || (avoids
            && !KnownFaults.spare(
                primitive.implementation(), convolved, window(lowering, convolved)))
        || !KernelTrials.holds(
            lowering, convolved, Algorithm.ONEDNN, passed, primitive.implementation())) {
      passed++;
      if (!primitive.next()) {
        throw new UnsupportedOpException(
            OneDnnBackend.NAME, convolved.op(), "no implementation of oneDNN computes it rightly");
      }
    }
  }

  /** The window that oneDNN is given. */
  private static Window window(OneDnnLowering lowering, Convolved convolved) {
    return lowering.settings().safeguards().simplifies()
        ? convolved.simplestWindow()
        : convolved.window();
  }

  /** The descriptor of a convolution forward, or of one that is a hint for its gradients. */
  static PrimitiveDescriptor forward(
      OneDnnLowering lowering,
      int kind,
      Convolved convolved,
      @Nullable Value bias,
      MemorySegment attributes) {
    Geometry geometry = new Geometry(lowering, convolved);
    Value src = convolved.src();
    Value weights = convolved.weights();
    MemorySegment srcDescriptor = lowering.descriptors().of(src);
    // Of floating operands, weight gradients are wider than the primitive they are a hint for.
    DType type = src.dtype().isFloating() ? src.dtype() : weights.dtype();
    MemorySegment weightsDescriptor = any(lowering, weights, convolved.groups(), type);
    MemorySegment biasDescriptor =
        bias == null ? MemorySegment.NULL : lowering.descriptors().of(bias);
    MemorySegment dstDescriptor = lowering.descriptors().of(convolved.dst());
    return lowering
        .primitives()
        .primitive(
            "dnnl_convolution_forward_primitive_desc_create",
            out ->
                Dnnl.dnnl_convolution_forward_primitive_desc_create(
                    out,
                    lowering.primitives().engine(),
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
  static MemorySegment plain(OneDnnLowering lowering, Value weights, int groups) {
    return groups == 1
        ? lowering.descriptors().of(weights)
        : grouped(lowering, weights, groups, weights.dtype(), Dnnl.dnnl_abcde());
  }

  private static MemorySegment any(
      OneDnnLowering lowering, Value weights, int groups, DType dtype) {
    return groups == 1
        ? lowering.descriptors().any(weights, dtype)
        : grouped(lowering, weights, groups, dtype, Dnnl.dnnl_format_tag_any());
  }

  private static MemorySegment grouped(
      OneDnnLowering lowering, Value weights, int groups, DType dtype, int tag) {
    Shape shape = weights.shape();
    return lowering
        .primitives()
        .descriptor(
            Descriptors.type(dtype),
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

    Geometry(OneDnnLowering lowering, Convolved convolved) {
      Primitives primitives = lowering.primitives();
      Window window = window(lowering, convolved);
      strides = primitives.longs(window.strideH(), window.strideW());
      dilations = primitives.longs(window.dilationH() - 1, window.dilationW() - 1);
      padLeft = primitives.longs(window.padTop(), window.padLeft());
      padRight = primitives.longs(window.padBottom(), window.padRight());
    }
  }
}
