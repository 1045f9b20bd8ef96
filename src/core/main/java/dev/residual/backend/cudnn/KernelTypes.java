package dev.residual.backend.cudnn;

import dev.residual.bindings.kernels.cuda.CudaArguments;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;

/** What our CUDA kernels are told: codes of types, sizes of grids, shapes of windows. */
final class KernelTypes {
  static final int BLOCK_ELEMENTS = CudaArguments.BLOCK_ELEMENTS();
  static final int GRID_LIMIT = CudaArguments.GRID_LIMIT();
  static final int CHANNEL_TILE = CudaArguments.CHANNEL_TILE();
  static final int CHUNK_ELEMENTS = CudaArguments.CHUNK_ELEMENTS();
  static final int TRANSPOSE_TILE = CudaArguments.TRANSPOSE_TILE();
  static final int TOP_K_LIMIT = CudaArguments.TOP_K_LIMIT();

  private KernelTypes() {}

  /** The code of an element type. */
  static int code(DType type) {
    return switch (type) {
      case F32 -> CudaArguments.TYPE_F32();
      case BF16 -> CudaArguments.TYPE_BF16();
      case F16 -> CudaArguments.TYPE_F16();
      case S8 -> CudaArguments.TYPE_S8();
      case U8 -> CudaArguments.TYPE_U8();
      case I32 -> CudaArguments.TYPE_I32();
      default -> throw new IllegalArgumentException("our CUDA kernels do not take " + type);
    };
  }

  /** Into how many parts the rows of images are split where channels are summed. */
  static int splits(long rows, long channels) {
    long tiles = Math.ceilDiv(channels, (long) CHANNEL_TILE);
    return (int)
        Math.clamp(
            rows * channels / CudaArguments.SPLIT_ELEMENTS() / tiles,
            1,
            CudaArguments.SPLITS_LIMIT());
  }

  /**
   * Sets the members of a window.
   *
   * @param src the images under it
   * @param dst one place a position of the window
   */
  static KernelLaunch window(KernelLaunch launch, Value src, Value dst, Window window, int groups) {
    return launch
        .with("window.images", extent(src, 0))
        .with("window.height", extent(src, 2))
        .with("window.width", extent(src, 3))
        .with("window.channels", extent(src, 1))
        .with("window.out_height", extent(dst, 2))
        .with("window.out_width", extent(dst, 3))
        .with("window.out_channels", extent(dst, 1))
        .with("window.kernel_height", window.kernelH())
        .with("window.kernel_width", window.kernelW())
        .with("window.stride_height", window.strideH())
        .with("window.stride_width", window.strideW())
        .with("window.pad_top", window.padTop())
        .with("window.pad_left", window.padLeft())
        .with("window.dilation_height", window.dilationH())
        .with("window.dilation_width", window.dilationW())
        .with("window.groups", groups);
  }

  /** An extent of images; a matrix has single pixels. */
  static int extent(Value value, int i) {
    return i < value.shape().rank() ? value.shape().dim(i) : 1;
  }

  /** The rows of images as matrices of positions by channels. */
  static long positions(Value value) {
    return (long) extent(value, 2) * extent(value, 3);
  }
}
