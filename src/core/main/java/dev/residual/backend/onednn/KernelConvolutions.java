package dev.residual.backend.onednn;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_winograd;
import dev.residual.bindings.kernels.residual_winograd_weights;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lowering of convolutions with 3x3 weights and stride 1, and of their sources' gradients, to
 * Residual's own kernel by Winograd's minimal filtering, where that is faster than oneDNN.
 *
 * <p>The gradient of the source is a convolution of the gradient of the result with weights that
 * are turned round. Products and sums are f32, and weights are transformed from the f32 parameter,
 * whatever the type of the images. An infinite or undefined element spoils all results of the tiles
 * that read it, up to five positions away.
 */
final class KernelConvolutions {
  /** Bytes of 36 transformed weights, for the 9 of each pair of channels. */
  private static final int BYTES_OF_PRODUCTS = 36 * Float.BYTES;

  /** Tiles of all images below which weights are read for too few results. */
  private static final int FEW_TILES = 32;

  private KernelConvolutions() {}

  /** Adds the kernel if it can do this shape; otherwise adds nothing and answers false. */
  static boolean lower(Lowering lowering, Conv2d op) {
    Window window = op.window();
    Value bias = op.bias();
    Value add = op.add();
    Convolution it =
        new Convolution(
            op.src(),
            op.weights(),
            bias,
            add,
            op.dst(),
            window.padTop(),
            window.padLeft(),
            op.relu(),
            false);
    return fits(lowering, window, op.groups(), op.src(), op.dst())
        && (bias == null || bias.dtype() == DType.F32)
        && (add == null || isImage(lowering, add, op.dst().dtype()))
        && lower(lowering, op, it);
  }

  /** Adds the kernel if it can do this shape; otherwise adds nothing and answers false. */
  static boolean lower(Lowering lowering, Conv2dBackwardData op) {
    Window window = op.window();
    Convolution it =
        new Convolution(
            op.diffDst(),
            op.weights(),
            null,
            null,
            op.diffSrc(),
            2 - window.padTop(),
            2 - window.padLeft(),
            false,
            true);
    return fits(lowering, window, op.groups(), op.diffSrc(), op.diffDst())
        && lower(lowering, op, it);
  }

  /** Whether a window and images are such as the kernel takes, but for their channels. */
  private static boolean fits(Lowering lowering, Window window, int groups, Value src, Value dst) {
    boolean unit = window.strideH() == 1 && window.strideW() == 1;
    boolean dense = window.dilationH() == 1 && window.dilationW() == 1 && groups == 1;
    return lowering.settings().kernels()
        && lowering.settings().convolutions().contains(Algorithm.WINOGRAD)
        && window.kernelH() == 3
        && window.kernelW() == 3
        && unit
        && dense
        && (src.dtype() == DType.F32 || src.dtype() == DType.BF16)
        && isImage(lowering, src, src.dtype())
        && isImage(lowering, dst, src.dtype());
  }

  private static boolean isImage(Lowering lowering, Value value, DType dtype) {
    return value.dtype() == dtype && lowering.layouts().of(value) == Layout.CHANNELS_LAST;
  }

  private static boolean lower(Lowering lowering, Op op, Convolution it) {
    Value weights = lowering.source(it.weights);
    MemorySegment arguments = it.arguments(lowering);
    long scratch = Residual.residual_winograd_scratch(arguments);
    if (scratch < 0 || !isFaster(lowering, op, it)) {
      return false;
    }
    KernelArguments kernel =
        new KernelArguments(lowering, arguments)
            .point(residual_winograd.src$offset(), it.src)
            .point(residual_winograd.weights$offset(), it.transformed(lowering, weights))
            .point(residual_winograd.bias$offset(), it.bias)
            .point(residual_winograd.add$offset(), it.add)
            .point(residual_winograd.dst$offset(), it.dst)
            .scratch(residual_winograd.scratch$offset(), scratch);
    lowering.step(kernel.step(Residual.RESIDUAL_WINOGRAD(), "winograd"));
    return true;
  }

  private static boolean isFaster(Lowering lowering, Op op, Convolution it) {
    Shape dst = it.dst.shape();
    long tiles = (long) dst.dim(0) * Math.ceilDiv(dst.dim(2), 4) * Math.ceilDiv(dst.dim(3), 4);
    List<Algorithm> order =
        tiles < FEW_TILES
            ? List.of(Algorithm.ONEDNN, Algorithm.WINOGRAD)
            : List.of(Algorithm.WINOGRAD, Algorithm.ONEDNN);
    return AlgorithmChoice.fastest(lowering.settings(), op, order) == Algorithm.WINOGRAD;
  }

  /** What the kernel computes: one way, or backward. */
  private record Convolution(
      Value src,
      Value weights,
      @Nullable Value bias,
      @Nullable Value add,
      Value dst,
      int padTop,
      int padLeft,
      boolean relu,
      boolean backward) {

    MemorySegment arguments(Lowering lowering) {
      MemorySegment a = residual_winograd.allocate(lowering.engine().session());
      residual_winograd.images(a, src.shape().dim(0));
      residual_winograd.in(a, src.shape().dim(1));
      residual_winograd.height(a, src.shape().dim(2));
      residual_winograd.width(a, src.shape().dim(3));
      residual_winograd.out(a, dst.shape().dim(1));
      residual_winograd.out_height(a, dst.shape().dim(2));
      residual_winograd.out_width(a, dst.shape().dim(3));
      residual_winograd.pad_top(a, padTop);
      residual_winograd.pad_left(a, padLeft);
      residual_winograd.relu(a, relu ? 1 : 0);
      residual_winograd.threads(a, lowering.settings().threads());
      residual_winograd.dtype(a, KernelArguments.dtype(src));
      return a;
    }

    /** The weights as the kernel reads them. */
    Buffer transformed(Lowering lowering, Value parameter) {
      long pairs = (long) src.shape().dim(1) * dst.shape().dim(1);
      return lowering.weights(
          parameter,
          backward ? "winograd backward" : "winograd",
          pairs * BYTES_OF_PRODUCTS,
          buffer -> {
            MemorySegment a = residual_winograd_weights.allocate(lowering.engine().session());
            residual_winograd_weights.in(a, src.shape().dim(1));
            residual_winograd_weights.out(a, dst.shape().dim(1));
            residual_winograd_weights.backward(a, backward ? 1 : 0);
            residual_winograd_weights.threads(a, lowering.settings().threads());
            residual_winograd_weights.dtype(a, KernelArguments.dtype(parameter));
            return new KernelArguments(lowering, a)
                .point(residual_winograd_weights.weights$offset(), parameter)
                .point(residual_winograd_weights.dst$offset(), buffer)
                .step(Residual.RESIDUAL_WINOGRAD_WEIGHTS(), "winograd_weights");
          });
    }
  }
}
