package dev.residual.backend.onednn;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_convolution;
import dev.residual.bindings.kernels.residual_convolution_weights;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lowering of convolutions and of their sources' gradients to Residual's own kernels where
 * those are faster than oneDNN: products of windows and weights, or, with 3x3 weights and stride 1,
 * Winograd's minimal filtering.
 *
 * <p>The gradient of the source is a convolution of the gradient of the result with weights that
 * are turned round; with strides, it is one for each part of the positions that sees the same
 * elements of the weights. Weights are packed from the f32 parameter. Winograd's products and sums
 * of tiles of four by four results are f32 whatever the type of the images; with images in bf16,
 * factors of tiles of two by two may be bf16. An infinite or undefined element spoils all results
 * of the tiles that read it, up to five positions away.
 */
final class KernelConvolutions {
  /** Tiles of all images below which transformed weights are read for too few results. */
  private static final int FEW_TILES = 16;

  /** Channels of the source below which copying windows takes longer than multiplying them. */
  private static final int FEW_CHANNELS = 16;

  private KernelConvolutions() {}

  /** Adds a kernel if it can do this shape; otherwise adds nothing and answers false. */
  static boolean lower(OneDnnLowering lowering, Conv2d op) {
    Value bias = op.bias();
    Value add = op.add();
    Convolution it =
        new Convolution(op.src(), op.weights(), bias, add, op.dst(), op.window(), op.relu(), false);
    return fits(lowering, op.window(), op.groups(), op.src(), op.dst())
        && (bias == null || bias.dtype() == DType.F32)
        && (add == null || isImage(lowering, add, op.dst().dtype()))
        && lower(lowering, op, it);
  }

  /** Adds a kernel if it can do this shape; otherwise adds nothing and answers false. */
  static boolean lower(OneDnnLowering lowering, Conv2dBackwardData op) {
    Window window = op.window().isStrided() ? op.window() : turned(op.window());
    return window != null
        && fits(lowering, op.window(), op.groups(), op.diffSrc(), op.diffDst())
        && lower(
            lowering,
            op,
            new Convolution(
                op.diffDst(), op.weights(), null, null, op.diffSrc(), window, false, true));
  }

  /** The window through which the gradient of a result without strides is read, if it is one. */
  private static @Nullable Window turned(Window window) {
    int reachH = window.dilationH() * (window.kernelH() - 1);
    int reachW = window.dilationW() * (window.kernelW() - 1);
    int top = reachH - window.padTop();
    int left = reachW - window.padLeft();
    int bottom = reachH - window.padBottom();
    int right = reachW - window.padRight();
    return Math.min(Math.min(top, left), Math.min(bottom, right)) < 0
        ? null
        : new Window(
            window.kernelH(),
            window.kernelW(),
            1,
            1,
            top,
            left,
            bottom,
            right,
            window.dilationH(),
            window.dilationW());
  }

  /** Whether images are such as kernels take, but for their channels. */
  private static boolean fits(
      OneDnnLowering lowering, Window window, int groups, Value src, Value dst) {
    return lowering.settings().kernels()
        && KernelArguments.take(window)
        && groups == 1
        && (src.dtype() == DType.F32 || src.dtype() == DType.BF16)
        && isImage(lowering, src, src.dtype())
        && isImage(lowering, dst, src.dtype());
  }

  private static boolean isImage(OneDnnLowering lowering, Value value, DType dtype) {
    return value.dtype() == dtype && lowering.layout(value) == Layout.CHANNELS_LAST;
  }

  private static boolean lower(OneDnnLowering lowering, Op op, Convolution it) {
    Value weights = lowering.weights().source(it.weights);
    MemorySegment arguments = it.arguments(lowering);
    List<Algorithm> possible =
        it.order().stream().filter(algorithm -> it.scratch(algorithm, arguments) >= 0).toList();
    Algorithm choice =
        AlgorithmChoice.fastest(lowering, op, !lowering.weights().isConstant(weights), possible);
    if (choice == Algorithm.ONEDNN) {
      return false;
    }
    residual_convolution.tile(arguments, tile(choice));
    KernelArguments kernel =
        new KernelArguments(lowering, arguments)
            .point(residual_convolution.src$offset(), it.src)
            .point(residual_convolution.weights$offset(), it.packed(lowering, weights, choice))
            .point(residual_convolution.bias$offset(), it.bias)
            .point(residual_convolution.add$offset(), it.add)
            .point(residual_convolution.dst$offset(), it.dst)
            .scratch(residual_convolution.scratch$offset(), it.scratch(choice, arguments));
    if (choice == Algorithm.DIRECT && lowering.normSums().areWanted(it.dst)) {
      kernel.point(
          residual_convolution.sums$offset(),
          lowering.normSums().write(it.dst, lowering.settings().threads()));
    }
    lowering.step(it.step(choice, kernel));
    return true;
  }

  /** The results in a row of a tile of Winograd's; 0 where there are no tiles. */
  private static int tile(Algorithm algorithm) {
    return switch (algorithm) {
      case ONEDNN, DIRECT -> 0;
      case WINOGRAD -> 4;
      case WINOGRAD_BF16 -> 2;
    };
  }

  /** What a kernel computes: one way, or backward. */
  private record Convolution(
      Value src,
      Value weights,
      @Nullable Value bias,
      @Nullable Value add,
      Value dst,
      Window window,
      boolean relu,
      boolean backward) {

    private boolean isStridedGradient() {
      return backward && window.isStrided();
    }

    /** The bytes that an algorithm needs besides its operands, or -1 if it cannot do this. */
    long scratch(Algorithm algorithm, MemorySegment arguments) {
      residual_convolution.tile(arguments, tile(algorithm));
      return switch (algorithm) {
        case ONEDNN -> 0;
        case DIRECT ->
            isStridedGradient()
                ? Residual.residual_strided_gradient_scratch(arguments)
                : Residual.residual_convolution_scratch(arguments);
        case WINOGRAD, WINOGRAD_BF16 ->
            isStridedGradient() ? -1 : Residual.residual_winograd_scratch(arguments);
      };
    }

    Step step(Algorithm algorithm, KernelArguments kernel) {
      if (algorithm != Algorithm.DIRECT) {
        return kernel.step(Residual.RESIDUAL_WINOGRAD(), "winograd");
      }
      return isStridedGradient()
          ? kernel.step(Residual.RESIDUAL_STRIDED_GRADIENT(), "strided_gradient")
          : kernel.step(Residual.RESIDUAL_CONVOLUTION(), "convolution");
    }

    /** All algorithms, the one that is fastest for most such shapes first. */
    List<Algorithm> order() {
      long rows = Math.ceilDiv(dst.shape().dim(2), 4);
      long tiles = dst.shape().dim(0) * rows * Math.ceilDiv(dst.shape().dim(3), 4);
      if (src.shape().dim(1) < FEW_CHANNELS) {
        return List.of(
            Algorithm.ONEDNN, Algorithm.DIRECT, Algorithm.WINOGRAD, Algorithm.WINOGRAD_BF16);
      }
      return tiles < FEW_TILES
          ? List.of(Algorithm.DIRECT, Algorithm.ONEDNN, Algorithm.WINOGRAD, Algorithm.WINOGRAD_BF16)
          : List.of(
              Algorithm.WINOGRAD, Algorithm.WINOGRAD_BF16, Algorithm.DIRECT, Algorithm.ONEDNN);
    }

    MemorySegment arguments(OneDnnLowering lowering) {
      MemorySegment a = residual_convolution.allocate(lowering.primitives().session());
      residual_convolution.images(a, src.shape().dim(0));
      residual_convolution.in(a, src.shape().dim(1));
      residual_convolution.height(a, src.shape().dim(2));
      residual_convolution.width(a, src.shape().dim(3));
      residual_convolution.out(a, dst.shape().dim(1));
      residual_convolution.out_height(a, dst.shape().dim(2));
      residual_convolution.out_width(a, dst.shape().dim(3));
      residual_convolution.kernel_h(a, window.kernelH());
      residual_convolution.kernel_w(a, window.kernelW());
      residual_convolution.stride_h(a, window.strideH());
      residual_convolution.stride_w(a, window.strideW());
      residual_convolution.pad_top(a, window.padTop());
      residual_convolution.pad_left(a, window.padLeft());
      residual_convolution.dilation_h(a, window.dilationH());
      residual_convolution.dilation_w(a, window.dilationW());
      residual_convolution.relu(a, relu ? 1 : 0);
      residual_convolution.threads(a, lowering.settings().threads());
      residual_convolution.dtype(a, KernelArguments.dtype(src));
      return a;
    }

    /** The weights as a kernel reads them. */
    Buffer packed(OneDnnLowering lowering, Value parameter, Algorithm algorithm) {
      String form =
          "%s %s%s".formatted(algorithm, src.dtype(), backward ? " backward " + window : "");
      return lowering
          .weights()
          .transformed(
              parameter,
              form,
              algorithm == Algorithm.DIRECT ? directBytes() : winogradBytes(tile(algorithm)),
              buffer -> {
                MemorySegment arguments = weightsArguments(lowering, parameter, tile(algorithm));
                KernelArguments kernel =
                    new KernelArguments(lowering, arguments)
                        .point(residual_convolution_weights.weights$offset(), parameter)
                        .point(residual_convolution_weights.dst$offset(), buffer);
                return algorithm == Algorithm.DIRECT
                    ? kernel.step(Residual.RESIDUAL_CONVOLUTION_WEIGHTS(), "convolution_weights")
                    : kernel.step(Residual.RESIDUAL_WINOGRAD_WEIGHTS(), "winograd_weights");
              });
    }

    private MemorySegment weightsArguments(OneDnnLowering lowering, Value parameter, int tile) {
      MemorySegment a = residual_convolution_weights.allocate(lowering.primitives().session());
      residual_convolution_weights.in(a, src.shape().dim(1));
      residual_convolution_weights.out(a, dst.shape().dim(1));
      residual_convolution_weights.kernel_h(a, window.kernelH());
      residual_convolution_weights.kernel_w(a, window.kernelW());
      residual_convolution_weights.backward(a, backward ? 1 : 0);
      residual_convolution_weights.stride_h(a, backward ? window.strideH() : 1);
      residual_convolution_weights.stride_w(a, backward ? window.strideW() : 1);
      residual_convolution_weights.threads(a, lowering.settings().threads());
      residual_convolution_weights.dtype(a, KernelArguments.dtype(parameter));
      residual_convolution_weights.image_dtype(a, KernelArguments.dtype(src));
      residual_convolution_weights.tile(a, tile);
      return a;
    }

    /** The bytes of transformed weights: a square of them for each pair of channels. */
    private long winogradBytes(int tile) {
      long elements = (tile + 2L) * (tile + 2L) * src.shape().dim(1) * dst.shape().dim(1);
      return elements * (tile == 2 ? DType.BF16 : DType.F32).bytes();
    }

    /**
     * The bytes of packed weights: those of a window, in whole words, for each result. Of a strided
     * gradient the windows of all its parts have as many elements, and a word more each at most.
     */
    private long directBytes() {
      long depth = (long) window.kernelH() * window.kernelW() * src.shape().dim(1);
      long words = Math.ceilDiv(depth * src.dtype().bytes(), 4);
      long parts = isStridedGradient() ? (long) window.strideH() * window.strideW() : 0;
      return (words + parts) * 4 * dst.shape().dim(1);
    }
  }
}
