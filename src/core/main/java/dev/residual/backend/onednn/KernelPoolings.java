package dev.residual.backend.onednn;

import dev.residual.backend.onednn.Poolings.Pooling;
import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_pooling;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** The lowering of poolings to Residual's own kernels. */
final class KernelPoolings {
  private KernelPoolings() {}

  /** The step that writes the result of a pooling, channels last, into a buffer. */
  static Step step(OneDnnLowering lowering, Pooling op, Buffer into) {
    MemorySegment a = residual_pooling.allocate(lowering.primitives().session());
    Shape image = op.image().shape();
    residual_pooling.images(a, image.dim(0));
    residual_pooling.channels(a, image.dim(1));
    residual_pooling.height(a, image.dim(2));
    residual_pooling.width(a, image.dim(3));
    residual_pooling.out_height(a, op.pooled().shape().dim(2));
    residual_pooling.out_width(a, op.pooled().shape().dim(3));
    Window window = op.window();
    residual_pooling.kernel_h(a, window.kernelH());
    residual_pooling.kernel_w(a, window.kernelW());
    residual_pooling.stride_h(a, window.strideH());
    residual_pooling.stride_w(a, window.strideW());
    residual_pooling.pad_top(a, window.padTop());
    residual_pooling.pad_left(a, window.padLeft());
    residual_pooling.dilation_h(a, window.dilationH());
    residual_pooling.dilation_w(a, window.dilationW());
    Value workspace = op.workspace();
    residual_pooling.workspace_bytes(a, workspace == null ? 0 : workspace.dtype().bytes());
    residual_pooling.include_padding(a, op.includePadding() ? 1 : 0);
    residual_pooling.dtype(a, KernelArguments.dtype(op.image()));
    residual_pooling.threads(a, lowering.settings().threads());
    Buffer src = op.backward() ? into : lowering.buffer(op.image());
    Buffer pooled = op.backward() ? lowering.buffer(op.pooled()) : into;
    return new KernelArguments(lowering, a)
        .point(residual_pooling.src$offset(), src)
        .point(residual_pooling.dst$offset(), pooled)
        .point(residual_pooling.workspace$offset(), workspace)
        .step(kernel(op));
  }

  private static int kernel(Pooling op) {
    if (op.isMax()) {
      return op.backward()
          ? Residual.RESIDUAL_MAX_POOLING_BACKWARD()
          : Residual.RESIDUAL_MAX_POOLING();
    }
    return op.backward()
        ? Residual.RESIDUAL_AVERAGE_POOLING_BACKWARD()
        : Residual.RESIDUAL_AVERAGE_POOLING();
  }
}
