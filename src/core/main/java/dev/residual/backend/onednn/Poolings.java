package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The lowering of poolings and their gradients. */
final class Poolings {
  private Poolings() {}

  static void lower(Lowering lowering, MaxPool2d op) {
    int kind =
        op.workspace() == null ? Dnnl.dnnl_forward_inference() : Dnnl.dnnl_forward_training();
    forward(
        lowering, kind, Dnnl.dnnl_pooling_max(), op.src(), op.dst(), op.window(), op.workspace());
  }

  static void lower(Lowering lowering, MaxPool2dBackward op) {
    backward(
        lowering, Dnnl.dnnl_pooling_max(), op.diffDst(), op.diffSrc(), op.window(), op.workspace());
  }

  static void lower(Lowering lowering, AvgPool2d op) {
    forward(
        lowering,
        Dnnl.dnnl_forward_inference(),
        average(op.includePadding()),
        op.src(),
        op.dst(),
        op.window(),
        null);
  }

  static void lower(Lowering lowering, AvgPool2dBackward op) {
    backward(lowering, average(op.includePadding()), op.diffDst(), op.diffSrc(), op.window(), null);
  }

  static void lower(Lowering lowering, GlobalAvgPool op) {
    forward(
        lowering,
        Dnnl.dnnl_forward_inference(),
        average(false),
        op.src(),
        op.dst(),
        whole(op.src()),
        null);
  }

  static void lower(Lowering lowering, GlobalAvgPoolBackward op) {
    backward(lowering, average(false), op.diffDst(), op.diffSrc(), whole(op.diffSrc()), null);
  }

  private static int average(boolean includePadding) {
    return includePadding
        ? Dnnl.dnnl_pooling_avg_include_padding()
        : Dnnl.dnnl_pooling_avg_exclude_padding();
  }

  private static Window whole(Value src) {
    return new Window(src.shape().dim(2), src.shape().dim(3), 1, 1, 0, 0, 0, 0, 1, 1);
  }

  private static void forward(
      Lowering lowering,
      int kind,
      int algorithm,
      Value src,
      Value dst,
      Window window,
      @Nullable Value workspace) {
    PrimitiveDescriptor primitive =
        forward(
            lowering, kind, algorithm, lowering.descriptor(src), lowering.descriptor(dst), window);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_SRC(), src));
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_DST(), dst));
    if (workspace != null) {
      arguments.add(workspace(lowering, primitive, workspace));
    }
    lowering.execute(primitive, arguments);
  }

  private static void backward(
      Lowering lowering,
      int algorithm,
      Value diffDst,
      Value diffSrc,
      Window window,
      @Nullable Value workspace) {
    MemorySegment diffSrcDescriptor = lowering.descriptor(diffSrc);
    MemorySegment diffDstDescriptor = lowering.descriptor(diffDst);
    MemorySegment attributes = lowering.engine().attributes();
    PrimitiveDescriptor hint =
        forward(
            lowering,
            Dnnl.dnnl_forward_training(),
            algorithm,
            diffSrcDescriptor,
            diffDstDescriptor,
            window);
    PrimitiveDescriptor primitive =
        lowering
            .engine()
            .primitive(
                "dnnl_pooling_backward_primitive_desc_create",
                out ->
                    Dnnl.dnnl_pooling_backward_primitive_desc_create(
                        out,
                        lowering.engine().handle(),
                        algorithm,
                        diffSrcDescriptor,
                        diffDstDescriptor,
                        strides(lowering, window),
                        kernel(lowering, window),
                        dilations(lowering, window),
                        padLeft(lowering, window),
                        padRight(lowering, window),
                        hint.handle(),
                        attributes));
    List<Argument> arguments = new ArrayList<>();
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_DIFF_DST(), diffDst));
    arguments.add(lowering.argument(Dnnl.DNNL_ARG_DIFF_SRC(), diffSrc));
    if (workspace != null) {
      arguments.add(workspace(lowering, primitive, workspace));
    }
    lowering.execute(primitive, arguments);
  }

  private static PrimitiveDescriptor forward(
      Lowering lowering,
      int kind,
      int algorithm,
      MemorySegment src,
      MemorySegment dst,
      Window window) {
    MemorySegment attributes = lowering.engine().attributes();
    return lowering
        .engine()
        .primitive(
            "dnnl_pooling_forward_primitive_desc_create",
            out ->
                Dnnl.dnnl_pooling_forward_primitive_desc_create(
                    out,
                    lowering.engine().handle(),
                    kind,
                    algorithm,
                    src,
                    dst,
                    strides(lowering, window),
                    kernel(lowering, window),
                    dilations(lowering, window),
                    padLeft(lowering, window),
                    padRight(lowering, window),
                    attributes));
  }

  /** The workspace, whose size and order must be those of the value. */
  private static Argument workspace(
      Lowering lowering, PrimitiveDescriptor primitive, Value workspace) {
    MemorySegment descriptor = primitive.workspace();
    if (PrimitiveDescriptor.bytes(descriptor) > workspace.bytes()) {
      throw new IllegalStateException(
          "oneDNN's pooling wants a workspace of %d bytes for %s"
              .formatted(PrimitiveDescriptor.bytes(descriptor), workspace));
    }
    return new Argument(Dnnl.DNNL_ARG_WORKSPACE(), lowering.buffer(workspace), descriptor);
  }

  private static MemorySegment strides(Lowering lowering, Window window) {
    return lowering.engine().longs(window.strideH(), window.strideW());
  }

  private static MemorySegment kernel(Lowering lowering, Window window) {
    return lowering.engine().longs(window.kernelH(), window.kernelW());
  }

  private static MemorySegment dilations(Lowering lowering, Window window) {
    return lowering.engine().longs(window.dilationH() - 1, window.dilationW() - 1);
  }

  private static MemorySegment padLeft(Lowering lowering, Window window) {
    return lowering.engine().longs(window.padTop(), window.padLeft());
  }

  private static MemorySegment padRight(Lowering lowering, Window window) {
    return lowering.engine().longs(window.padBottom(), window.padRight());
  }
}
