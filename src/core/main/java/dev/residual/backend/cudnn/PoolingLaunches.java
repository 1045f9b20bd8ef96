package dev.residual.backend.cudnn;

import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.AdaptiveAvgPool2dBackward;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import java.util.List;

/** Poolings and their gradients, by our own kernels. */
final class PoolingLaunches {
  private PoolingLaunches() {}

  static List<Launch> of(MaxPool2d op) {
    Value workspace = op.workspace();
    KernelLaunch launch =
        new KernelLaunch("max_pool").in("src", op.src()).out("dst", op.dst()).type(op.src());
    if (workspace != null) {
      launch.out("workspace", workspace).type("workspace_type", workspace);
    }
    KernelTypes.window(launch, op.src(), op.dst(), op.window(), 1);
    return List.of(launch.elements(op.dst().shape().elements()));
  }

  static List<Launch> of(MaxPool2dBackward op) {
    KernelLaunch launch =
        new KernelLaunch("max_pool_backward")
            .in("diff_dst", op.diffDst())
            .in("workspace", op.workspace())
            .out("diff_src", op.diffSrc())
            .type(op.diffDst())
            .type("workspace_type", op.workspace());
    KernelTypes.window(launch, op.diffSrc(), op.diffDst(), op.window(), 1);
    return List.of(launch.elements(op.diffSrc().shape().elements()));
  }

  static List<Launch> of(AvgPool2d op) {
    KernelLaunch launch = average("average_pool", op.src(), op.dst(), op.includePadding());
    KernelTypes.window(launch, op.src(), op.dst(), op.window(), 1);
    return List.of(launch);
  }

  static List<Launch> of(AvgPool2dBackward op) {
    KernelLaunch launch =
        average("average_pool_backward", op.diffDst(), op.diffSrc(), op.includePadding());
    KernelTypes.window(launch, op.diffSrc(), op.diffDst(), op.window(), 1);
    return List.of(launch);
  }

  private static KernelLaunch average(String kernel, Value src, Value dst, boolean padding) {
    return new KernelLaunch(kernel)
        .in("src", src)
        .out("dst", dst)
        .with("include_padding", padding ? 1 : 0)
        .type(src)
        .elements(dst.shape().elements());
  }

  static List<Launch> of(AdaptiveAvgPool2d op) {
    return adaptive("adaptive_pool", op.src(), op.dst(), op.src().shape(), op.dst().shape());
  }

  static List<Launch> of(AdaptiveAvgPool2dBackward op) {
    Shape image = op.diffSrc().shape();
    Shape means = op.diffDst().shape();
    return adaptive("adaptive_pool_backward", op.diffDst(), op.diffSrc(), image, means);
  }

  private static List<Launch> adaptive(
      String kernel, Value src, Value dst, Shape image, Shape means) {
    return List.of(
        new KernelLaunch(kernel)
            .in("src", src)
            .out("dst", dst)
            .with("images", image.dim(0))
            .with("height", image.dim(2))
            .with("width", image.dim(3))
            .with("channels", image.dim(1))
            .with("out_height", means.dim(2))
            .with("out_width", means.dim(3))
            .type(src)
            .elements(dst.shape().elements()));
  }

  static List<Launch> of(GlobalAvgPool op) {
    long tiles = Math.ceilDiv(op.src().shape().dim(1), KernelTypes.CHANNEL_TILE);
    return List.of(
        global("global_pool", op.src(), op.dst(), op.src()).rows(op.src().shape().dim(0) * tiles));
  }

  static List<Launch> of(GlobalAvgPoolBackward op) {
    return List.of(
        global("global_pool_backward", op.diffDst(), op.diffSrc(), op.diffSrc())
            .elements(op.diffSrc().shape().elements()));
  }

  private static KernelLaunch global(String kernel, Value src, Value dst, Value images) {
    return new KernelLaunch(kernel)
        .in("src", src)
        .out("dst", dst)
        .with("images", images.shape().dim(0))
        .with("positions", KernelTypes.positions(images))
        .with("channels", images.shape().dim(1))
        .type(src);
  }
}
