package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_shortcut;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** The lowering of shortcuts without parameters to Residual's own kernels. */
final class KernelShortcuts {
  private KernelShortcuts() {}

  static void lower(OneDnnLowering lowering, ZeroPadShortcut op) {
    run(lowering, Residual.RESIDUAL_SHORTCUT(), op.src(), op.dst(), op.stride(), op.offset());
  }

  static void lower(OneDnnLowering lowering, ZeroPadShortcutBackward op) {
    run(
        lowering,
        Residual.RESIDUAL_SHORTCUT_BACKWARD(),
        op.diffSrc(),
        op.diffDst(),
        op.stride(),
        op.offset());
  }

  private static void run(
      OneDnnLowering lowering, int kernel, Value src, Value dst, int stride, int offset) {
    MemorySegment a = residual_shortcut.allocate(lowering.primitives().session());
    Shape from = src.shape();
    Shape to = dst.shape();
    residual_shortcut.images(a, from.dim(0));
    residual_shortcut.channels(a, from.dim(1));
    residual_shortcut.height(a, from.dim(2));
    residual_shortcut.width(a, from.dim(3));
    residual_shortcut.out_channels(a, to.dim(1));
    residual_shortcut.out_height(a, to.dim(2));
    residual_shortcut.out_width(a, to.dim(3));
    residual_shortcut.offset(a, offset);
    residual_shortcut.stride(a, stride);
    residual_shortcut.dtype(a, KernelArguments.dtype(src));
    residual_shortcut.threads(a, lowering.settings().threads());
    new KernelArguments(lowering, a)
        .point(residual_shortcut.src$offset(), src)
        .point(residual_shortcut.dst$offset(), dst)
        .run(kernel);
  }
}
