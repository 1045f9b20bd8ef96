package dev.residual.backend.onednn;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.kernels.KernelExecute;
import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_transpose;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Copies of images between row-major and channels-last order by a kernel, on all threads. The
 * kernel takes memory off the heap alone: arrays pass through a piece of it that stays in the
 * second cache.
 */
final class ImageCopies {
  /** Fewer elements are copied sooner than a kernel is called. */
  private static final long WORTH_CALLING = 1024;

  /** The bytes of the piece. */
  private static final int PIECE = 1 << 20;

  private final NativeScope scope;
  private final MemorySegment arguments;

  /** What a call holds: filled up as the call wants it. */
  private final MemorySegment[] held = {
    MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL
  };

  private @Nullable MemorySegment piece;

  /**
   * Copies on so many threads.
   *
   * @param scope owns what they need
   */
  ImageCopies(NativeScope scope, int threads) {
    this.scope = scope;
    arguments = residual_transpose.allocate(scope);
    residual_transpose.threads(arguments, threads);
  }

  /** Copies all elements of a value, if a kernel can do it: answers whether it did. */
  boolean copy(Value value, MemorySegment src, Layout from, MemorySegment dst, Layout to) {
    Shape shape = value.shape();
    int bytes = value.dtype().bytes();
    if (from == to
        || shape.rank() != 4
        || shape.elements() < WORTH_CALLING
        || bytes > Integer.BYTES
        || !isAligned(src, bytes)
        || !isAligned(dst, bytes)) {
      return false;
    }
    residual_transpose.bytes(arguments, bytes);
    int channels = shape.dim(1);
    long positions = (long) shape.dim(2) * shape.dim(3);
    boolean isTaken = from == Layout.ROW_MAJOR;
    if (src.isNative() && dst.isNative()) {
      residual_transpose.matrices(arguments, shape.dim(0));
      long rows = isTaken ? channels : positions;
      long columns = isTaken ? positions : channels;
      transpose(src, dst, rows, columns, columns, rows);
      return true;
    }
    if (isTaken ? dst.isNative() : src.isNative()) {
      residual_transpose.matrices(arguments, 1);
      for (int n = 0; n < shape.dim(0); n++) {
        long length = channels * positions * bytes;
        long image = n * length;
        if (isTaken) {
          take(src, image, dst.asSlice(image, length), channels, positions, bytes);
        } else {
          give(src.asSlice(image, length), dst, image, channels, positions, bytes);
        }
      }
      return true;
    }
    return false;
  }

  private static boolean isAligned(MemorySegment memory, int bytes) {
    return !memory.isNative() || memory.address() % bytes == 0;
  }

  /** An image of an array, some channels after the other, or some positions of one. */
  private void take(
      MemorySegment array, long at, MemorySegment dst, int channels, long positions, int bytes) {
    long rows = rows(channels, positions, bytes);
    long columns = Math.min(positions, PIECE / bytes);
    for (long r = 0; r < channels; r += rows) {
      for (long c = 0; c < positions; c += columns) {
        long height = Math.min(rows, channels - r);
        long width = Math.min(columns, positions - c);
        MemorySegment part = piece();
        MemorySegment.copy(
            array, at + (r * positions + c) * bytes, part, 0, height * width * bytes);
        MemorySegment place = dst.asSlice((c * channels + r) * bytes);
        transpose(part, place, height, width, width, channels);
      }
    }
  }

  /** The way back. */
  private void give(
      MemorySegment src, MemorySegment array, long at, int channels, long positions, int bytes) {
    long rows = rows(channels, positions, bytes);
    long columns = Math.min(positions, PIECE / bytes);
    for (long r = 0; r < channels; r += rows) {
      for (long c = 0; c < positions; c += columns) {
        long height = Math.min(rows, channels - r);
        long width = Math.min(columns, positions - c);
        MemorySegment part = piece();
        MemorySegment place = src.asSlice((c * channels + r) * bytes);
        transpose(place, part, width, height, channels, width);
        MemorySegment.copy(
            part, 0, array, at + (r * positions + c) * bytes, height * width * bytes);
      }
    }
  }

  /** How many channels of an image the piece holds; one, of which it may hold a part. */
  private static long rows(int channels, long positions, int bytes) {
    return Math.clamp(PIECE / (positions * bytes), 1, channels);
  }

  private void transpose(
      MemorySegment src,
      MemorySegment dst,
      long rows,
      long columns,
      long srcStride,
      long dstStride) {
    residual_transpose.src(arguments, src);
    residual_transpose.dst(arguments, dst);
    residual_transpose.rows(arguments, rows);
    residual_transpose.columns(arguments, columns);
    residual_transpose.src_stride(arguments, srcStride);
    residual_transpose.dst_stride(arguments, dstStride);
    held[0] = src;
    held[1] = dst;
    try {
      KernelExecute.execute(Residual.RESIDUAL_TRANSPOSE(), arguments.address(), held);
    } finally {
      held[0] = MemorySegment.NULL;
      held[1] = MemorySegment.NULL;
    }
  }

  private MemorySegment piece() {
    if (piece == null) {
      piece = scope.slab("copies of arrays", PIECE);
    }
    return piece;
  }
}
