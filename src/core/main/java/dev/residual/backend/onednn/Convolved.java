package dev.residual.backend.onednn;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A convolution, or one of its gradients, by the places that tensors have in the convolution; or a
 * linear layer, which is a convolution of images of one position.
 *
 * @param op the operation
 * @param src the images, or their gradient
 * @param weights the kernels, or their gradient
 * @param dst the results, or their gradient
 * @param window how kernels move
 * @param groups of channels
 */
record Convolved(Op op, Value src, Value weights, Value dst, Window window, int groups) {
  private static final Window ONE = Window.square(1, 1, 0);

  /** Whether an operation is a convolution or a gradient of one. */
  static boolean isConvolution(Op op) {
    return op instanceof Conv2d
        || op instanceof QuantizedConv2d
        || op instanceof Conv2dBackwardData
        || op instanceof Conv2dBackwardWeights;
  }

  /**
   * The places in an operation.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static Convolved of(Op op) {
    return switch (op) {
      case Conv2d o -> new Convolved(o, o.src(), o.weights(), o.dst(), o.window(), o.groups());
      case QuantizedConv2d o ->
          new Convolved(o, o.src(), o.weights(), o.dst(), o.window(), o.groups());
      case Conv2dBackwardData o ->
          new Convolved(o, o.diffSrc(), o.weights(), o.diffDst(), o.window(), o.groups());
      case Conv2dBackwardWeights o ->
          new Convolved(o, o.src(), o.diffWeights(), o.diffDst(), o.window(), o.groups());
      case Linear o -> new Convolved(o, o.src(), o.weights(), o.dst(), ONE, 1);
      case LinearBackwardData o -> new Convolved(o, o.diffSrc(), o.weights(), o.diffDst(), ONE, 1);
      case LinearBackwardWeights o ->
          new Convolved(o, o.src(), o.diffWeights(), o.diffDst(), ONE, 1);
      default -> throw new IllegalArgumentException(op.kind() + " is no convolution");
    };
  }

  /** How many products make an element of the result. */
  long products() {
    long kernel = (long) window.kernelH() * window.kernelW();
    return switch (op) {
      case Conv2dBackwardWeights _, LinearBackwardWeights _ ->
          dst.shape().elements() / dst.shape().dim(1);
      case Conv2dBackwardData _, LinearBackwardData _ -> kernel * (dst.shape().dim(1) / groups);
      default -> kernel * weights.shape().dim(1);
    };
  }

  /** What is added to the results before they are stored, or null. */
  @Nullable Value add() {
    return switch (op) {
      case Conv2d conv -> conv.add();
      case QuantizedConv2d conv -> conv.add();
      default -> null;
    };
  }

  /** The simplest window that means the same. */
  Window simplestWindow() {
    return SimplestWindow.of(window, src.shape().dim(2), src.shape().dim(3));
  }

  /** All that decides which implementation computes it, and how fast. */
  String describe() {
    boolean relu =
        switch (op) {
          case Conv2d conv -> conv.relu();
          case QuantizedConv2d conv -> conv.relu();
          default -> false;
        };
    return "%s (%s) to (%s), %s, %d groups%s"
        .formatted(
            op.kind(),
            tensors(op.inputs()),
            tensors(op.outputs()),
            window,
            groups,
            relu ? ", ReLU" : "");
  }

  private static String tensors(List<Value> values) {
    return values.stream().map(v -> v.dtype() + " " + v.shape()).collect(Collectors.joining(", "));
  }
}
