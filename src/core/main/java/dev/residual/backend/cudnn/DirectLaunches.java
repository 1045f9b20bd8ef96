package dev.residual.backend.cudnn;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import org.jspecify.annotations.Nullable;

/** Convolutions as plain loops of our own, for what cuDNN refuses. */
final class DirectLaunches {
  private static final Window PIXEL = Window.square(1, 1, 0);

  /** Threads that share the sum of one element. */
  private static final int LANES = 8;

  private static final int WEIGHTS_TILE = 32;

  private DirectLaunches() {}

  static KernelLaunch of(Conv2d op) {
    return forward(op.src(), op.weights(), op.bias(), op.add(), op.dst(), op.window(), op.groups())
        .with("relu", op.relu() ? 1 : 0);
  }

  static KernelLaunch of(Linear op) {
    return forward(op.src(), op.weights(), op.bias(), null, op.dst(), PIXEL, 1).with("relu", 0);
  }

  private static KernelLaunch forward(
      Value src,
      Value weights,
      @Nullable Value bias,
      @Nullable Value add,
      Value dst,
      Window window,
      int groups) {
    KernelLaunch launch =
        new KernelLaunch("convolution")
            .in("src", src)
            .in("weights", weights)
            .out("dst", dst)
            .type(src)
            .type("dst_type", dst)
            .elements(LANES * dst.shape().elements());
    if (bias != null) {
      launch.in("bias", bias);
    }
    if (add != null) {
      launch.in("add", add);
    }
    return KernelTypes.window(launch, src, dst, window, groups);
  }

  static KernelLaunch of(Conv2dBackwardData op) {
    return backwardData(op.diffDst(), op.weights(), op.diffSrc(), op.window(), op.groups());
  }

  static KernelLaunch of(LinearBackwardData op) {
    return backwardData(op.diffDst(), op.weights(), op.diffSrc(), PIXEL, 1);
  }

  private static KernelLaunch backwardData(
      Value diffDst, Value weights, Value diffSrc, Window window, int groups) {
    KernelLaunch launch =
        new KernelLaunch("convolution_backward_data")
            .in("diff_dst", diffDst)
            .in("weights", weights)
            .out("diff_src", diffSrc)
            .type(diffDst)
            .type("dst_type", diffSrc)
            .elements(LANES * diffSrc.shape().elements());
    return KernelTypes.window(launch, diffSrc, diffDst, window, groups);
  }

  static KernelLaunch of(Conv2dBackwardWeights op) {
    return backwardWeights(op.src(), op.diffDst(), op.diffWeights(), op.window(), op.groups());
  }

  static KernelLaunch of(LinearBackwardWeights op) {
    return backwardWeights(op.src(), op.diffDst(), op.diffWeights(), PIXEL, 1);
  }

  private static KernelLaunch backwardWeights(
      Value src, Value diffDst, Value diffWeights, Window window, int groups) {
    long tiles = Math.ceilDiv(KernelTypes.extent(diffWeights, 1), WEIGHTS_TILE);
    KernelLaunch launch =
        new KernelLaunch("convolution_backward_weights")
            .in("src", src)
            .in("diff_dst", diffDst)
            .out("diff_weights", diffWeights)
            .type(src)
            .type("dst_type", diffWeights)
            .rows(diffWeights.shape().dim(0) * KernelTypes.positions(diffWeights) * tiles);
    return KernelTypes.window(launch, src, diffDst, window, groups);
  }

  static KernelLaunch of(QuantizedConv2d op) {
    KernelLaunch launch =
        new KernelLaunch("quantized_convolution")
            .in("src", op.src())
            .in("weights", op.weights())
            .in("weights_scale", op.weightsScale())
            .out("dst", op.dst())
            .with("src_scale", op.srcScale())
            .with("add_scale", op.addScale())
            .with("dst_scale", op.dstScale())
            .with("relu", op.relu() ? 1 : 0)
            .type("src_type", op.src())
            .type("dst_type", op.dst())
            .elements(LANES * op.dst().shape().elements());
    Value bias = op.bias();
    if (bias != null) {
      launch.in("bias", bias);
    }
    Value add = op.add();
    if (add != null) {
      launch.in("add", add).type("add_type", add);
    }
    return KernelTypes.window(launch, op.src(), op.dst(), op.window(), op.groups());
  }
}
