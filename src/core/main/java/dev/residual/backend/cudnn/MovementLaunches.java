package dev.residual.backend.cudnn;

import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Reshape;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Operations that move elements and compute nothing, by our own kernels. */
final class MovementLaunches {
  private MovementLaunches() {}

  /** Images lie channels last, so their elements are not in row-major order. */
  static List<Launch> of(Reshape op) {
    boolean from = isTransposed(op.src());
    boolean to = isTransposed(op.dst());
    if (from && to) {
      Value rows =
          Value.activation(
              op.dst().name() + ".rows",
              Shape.of((int) op.src().shape().elements()),
              op.src().dtype());
      return List.of(toRows(op.src(), rows), fromRows(rows, op.dst()));
    }
    if (from) {
      return List.of(toRows(op.src(), op.dst()));
    }
    return List.of(to ? fromRows(op.src(), op.dst()) : copy(op.src(), op.dst()));
  }

  private static boolean isTransposed(Value value) {
    return value.shape().rank() == 4
        && value.shape().dim(1) > 1
        && KernelTypes.positions(value) > 1;
  }

  private static KernelLaunch toRows(Value images, Value rows) {
    return transpose(images, images, rows, KernelTypes.positions(images), images.shape().dim(1));
  }

  private static KernelLaunch fromRows(Value rows, Value images) {
    return transpose(images, rows, images, images.shape().dim(1), KernelTypes.positions(images));
  }

  private static KernelLaunch transpose(
      Value images, Value src, Value dst, long rows, long columns) {
    int tile = KernelTypes.TRANSPOSE_TILE;
    int count = images.shape().dim(0);
    return new KernelLaunch("transpose")
        .in("src", src)
        .out("dst", dst)
        .with("images", count)
        .with("rows", rows)
        .with("columns", columns)
        .with("element_bytes", src.dtype().bytes())
        .rows(count * Math.ceilDiv(rows, (long) tile) * Math.ceilDiv(columns, (long) tile));
  }

  /** All elements, in the order in which they lie. */
  static KernelLaunch copy(Value src, Value dst) {
    long elements = src.shape().elements();
    int channels = src.shape().rank() == 0 ? 1 : (int) (elements / src.shape().dim(0));
    return channels(src, dst, elements / channels, channels, channels);
  }

  private static KernelLaunch channels(Value src, Value dst, long rows, int from, int to) {
    return new KernelLaunch("copy_channels")
        .in("src", src)
        .out("dst", dst)
        .with("rows", rows)
        .with("src_stride", from)
        .with("dst_stride", to)
        .with("src_channels", Math.min(from, to))
        .with("dst_channels", to)
        .with("element_bytes", src.dtype().bytes())
        .elements(rows * to);
  }

  /** Images with more or fewer channels: zeros are added, or the last are left out. */
  static KernelLaunch pad(Value src, Value dst) {
    long rows = KernelTypes.extent(src, 0) * KernelTypes.positions(src);
    return channels(src, dst, rows, KernelTypes.extent(src, 1), KernelTypes.extent(dst, 1));
  }

  static List<Launch> of(Concat op) {
    List<Launch> launches = new ArrayList<>();
    long offset = 0;
    for (Value src : op.srcs()) {
      launches.add(
          part(src, op.dst(), src.shape().dim(1)).in("src", src).out("dst", op.dst(), offset));
      offset += (long) src.shape().dim(1) * src.dtype().bytes();
    }
    return launches;
  }

  static List<Launch> of(ConcatBackward op) {
    List<Launch> launches = new ArrayList<>();
    long offset = 0;
    for (Value dst : op.diffSrcs()) {
      launches.add(
          part(op.diffDst(), dst, dst.shape().dim(1))
              .in("src", op.diffDst(), offset)
              .out("dst", dst));
      offset += (long) dst.shape().dim(1) * dst.dtype().bytes();
    }
    return launches;
  }

  private static KernelLaunch part(Value src, Value dst, int channels) {
    long rows = src.shape().dim(0) * KernelTypes.positions(src);
    return new KernelLaunch("copy_channels")
        .with("rows", rows)
        .with("src_stride", src.shape().dim(1))
        .with("dst_stride", dst.shape().dim(1))
        .with("src_channels", channels)
        .with("dst_channels", channels)
        .with("element_bytes", src.dtype().bytes())
        .elements(rows * channels);
  }

  static List<Launch> of(ZeroPadShortcut op) {
    return List.of(shortcut("shortcut", op.src(), op.dst(), op.src(), op.dst(), op.stride()));
  }

  static List<Launch> of(ZeroPadShortcutBackward op) {
    return List.of(
        shortcut(
            "shortcut_backward",
            op.diffDst(),
            op.diffSrc(),
            op.diffSrc(),
            op.diffDst(),
            op.stride()));
  }

  /** Height, width and channels are those of the forward operation. */
  private static KernelLaunch shortcut(
      String kernel, Value src, Value dst, Value in, Value out, int stride) {
    return new KernelLaunch(kernel)
        .in("src", src)
        .out("dst", dst)
        .with("images", in.shape().dim(0))
        .with("height", in.shape().dim(2))
        .with("width", in.shape().dim(3))
        .with("channels", in.shape().dim(1))
        .with("out_height", out.shape().dim(2))
        .with("out_width", out.shape().dim(3))
        .with("out_channels", out.shape().dim(1))
        .with("offset", (out.shape().dim(1) - in.shape().dim(1)) / 2)
        .with("stride", stride)
        .with("element_bytes", src.dtype().bytes())
        .elements(dst.shape().elements());
  }
}
