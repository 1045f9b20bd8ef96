package dev.residual.io.onnx;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Convolutions. */
final class ConvolutionNodes {
  private ConvolutionNodes() {}

  static void conv(Node node, Translation to) {
    Operand src = to.floats(node, 0);
    Operand weights = to.floats(node, 1);
    Value bias = node.has(2) ? to.value(node, 2) : null;
    conv(node, to, src, weights, bias, node.output());
  }

  /** Adds a convolution with a result of this name. */
  static Operand conv(
      Node node, Translation to, Operand src, Operand weights, @Nullable Value bias, String name) {
    int rank = src.shape().rank();
    node.require(
        weights.shape().rank() == rank && rank > 2,
        "images %s with weights %s",
        src.shape(),
        weights.shape());
    int[] dims = weights.shape().dims();
    List<Integer> kernel = Arrays.stream(dims, 2, rank).boxed().toList();
    Windows windows = new Windows(node, src.shape(), kernel);
    node.require(
        node.attributes().integers("kernel_shape", kernel.size(), 1).equals(kernel)
            || !node.attributes().has("kernel_shape"),
        "kernel_shape differs from that of weights %s",
        weights.shape());
    int groups = node.attributes().integer("group", 1);
    Value images = to.value(src.reshaped(Windows.images(src.shape())));
    Value kernels = to.value(weights.reshaped(Windows.images(weights.shape())));
    Shape dst = Conv2d.dstShape(images, kernels, windows.window());
    Value result = Value.activation(name(to, name, rank), dst, images.dtype());
    to.add(new Conv2d(images, kernels, bias, result, windows.window(), groups));
    return define(to, name, result, rank);
  }

  /** The name of a result: that of the file, unless another shape has it. */
  static String name(Translation to, String name, int rank) {
    return rank == 4 ? name : to.unique(name + ".images");
  }

  /** Defines a name as the result of an operation on images. */
  static Operand define(Translation to, String name, Value result, int rank) {
    Operand operand =
        Operand.computed(name, result).reshaped(Windows.signals(result.shape(), rank));
    to.define(operand);
    return operand;
  }
}
