package dev.residual.io.onnx;

import dev.residual.graph.Add;
import dev.residual.graph.Binary;
import dev.residual.graph.Eltwise;
import dev.residual.graph.Eltwise.Function;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;

/** Functions of one element, and of the elements of two tensors. */
final class ElementwiseNodes {
  private ElementwiseNodes() {}

  static void relu(Node node, Translation to) {
    Value src = elements(node, to);
    result(node, to, to.add(new Relu(src, dst(node, to, src))));
  }

  static void leakyRelu(Node node, Translation to) {
    eltwise(node, to, Function.LEAKY_RELU, node.attributes().number("alpha", 0.01), 0);
  }

  static void sigmoid(Node node, Translation to) {
    eltwise(node, to, Function.SIGMOID, 0, 0);
  }

  static void gelu(Node node, Translation to) {
    String approximate = node.attributes().text("approximate", "none");
    if (!approximate.equals("none")) {
      throw node.refused("its approximation %s is not supported, none is", approximate);
    }
    eltwise(node, to, Function.GELU, 0, 0);
  }

  static void hardSigmoid(Node node, Translation to) {
    double alpha = node.attributes().number("alpha", 0.2);
    eltwise(node, to, Function.HARD_SIGMOID, alpha, node.attributes().number("beta", 0.5));
  }

  static void hardSwish(Node node, Translation to) {
    eltwise(node, to, Function.HARD_SWISH, 1.0 / 6, 0.5);
  }

  static void clip(Node node, Translation to) {
    double min = node.attributes().number("min", Double.NEGATIVE_INFINITY);
    double max = node.attributes().number("max", Double.POSITIVE_INFINITY);
    for (int i = 1; i <= 2; i++) {
      if (node.has(i) && to.operand(node, i).constant() == null) {
        clipByValues(node, to);
        return;
      }
    }
    min = scalar(node, to, 1, min);
    max = scalar(node, to, 2, max);
    if (min == 0 && max == Double.POSITIVE_INFINITY) {
      relu(node, to);
    } else {
      // Where the bounds cross, the upper one holds.
      eltwise(node, to, Function.CLIP, Math.min(min, max), max);
    }
  }

  private static double scalar(Node node, Translation to, int input, double otherwise) {
    Tensor bound = to.constant(node, input);
    if (bound == null) {
      return otherwise;
    }
    node.require(bound.shape().elements() == 1, "input %d must be one number", input);
    return bound.get(0);
  }

  private static void clipByValues(Node node, Translation to) {
    Operand clipped = to.floats(node, 0);
    if (node.has(1)) {
      clipped = binary(node, to, clipped, to.floats(node, 1), Binary.Function.MAX, !node.has(2));
    }
    if (node.has(2)) {
      clipped = binary(node, to, clipped, to.floats(node, 2), Binary.Function.MIN, true);
    }
    to.define(clipped.named(node.output()));
  }

  private static void eltwise(
      Node node, Translation to, Function function, double alpha, double beta) {
    Value src = elements(node, to);
    result(node, to, to.add(new Eltwise(src, dst(node, to, src), function, alpha, beta)));
  }

  /** The elements of the first input, under any shape. */
  private static Value elements(Node node, Translation to) {
    Operand src = to.floats(node, 0);
    return src.constant() != null ? to.value(src) : src.value();
  }

  private static Value dst(Node node, Translation to, Value src) {
    boolean isSeenSo = src.shape().equals(to.operand(node, 0).shape());
    String name = isSeenSo ? node.output() : to.unique(node.output() + ".elements");
    return Value.activation(name, src.shape());
  }

  private static void result(Node node, Translation to, Value dst) {
    to.define(Operand.computed(node.output(), dst).reshaped(to.operand(node, 0).shape()));
  }

  /** The translation of nodes that combine their inputs, from the first on. */
  static Translator binary(Binary.Function function) {
    return (node, to) -> {
      node.require(node.inputs() > 0, "has no inputs");
      if (to.isConstant(node)) {
        Arithmetic.fold(node, to, function);
        return;
      }
      Operand result = to.floats(node, 0);
      for (int i = 1; i < node.inputs(); i++) {
        boolean isLast = i == node.inputs() - 1;
        result = binary(node, to, result, to.floats(node, i), function, isLast);
      }
      to.define(result.named(node.output()));
    };
  }

  /** Adds an operation on two tensors, of which the one of lower rank gets extents of 1. */
  static Operand binary(
      Node node,
      Translation to,
      Operand first,
      Operand second,
      Binary.Function function,
      boolean isLast) {
    String name = isLast ? node.output() : to.unique(node.output() + ".part");
    if (function == Binary.Function.ADD) {
      Operand absorbed = Biases.absorb(to, first, second, name);
      if (absorbed != null) {
        return absorbed;
      }
    }
    int rank = Math.max(first.shape().rank(), second.shape().rank());
    Value src0 = to.value(first.reshaped(Strided.widened(first.shape(), rank)));
    Value src1 = to.value(second.reshaped(Strided.widened(second.shape(), rank)));
    Shape shape = Binary.dstShape(src0, src1);
    Value dst = Value.activation(name, shape);
    boolean isSum = function == Binary.Function.ADD && src0.shape().equals(src1.shape());
    to.add(isSum ? new Add(src0, src1, dst) : new Binary(src0, src1, dst, function));
    return Operand.computed(name, dst);
  }
}
