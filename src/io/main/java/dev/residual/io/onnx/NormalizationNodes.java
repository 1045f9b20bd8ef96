package dev.residual.io.onnx;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Binary;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.Softmax;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;

/** Normalizations: of batches, across channels, and to probabilities. */
final class NormalizationNodes {
  private static final int TRAINING_MODE = 14;

  private NormalizationNodes() {}

  static void batchNorm(Node node, Translation to) {
    node.requireOpset();
    Attributes attributes = node.attributes();
    double epsilon = attributes.number("epsilon", 1e-5);
    double momentum = attributes.number("momentum", 0.9);
    node.require(attributes.flag("spatial", true), "spatial is 0; only 1 is supported");
    boolean training = attributes.flag("training_mode", false);
    training |= node.opset() < TRAINING_MODE && !node.output(1).isEmpty();
    Shape shape = to.operand(node, 0).shape();
    node.require(
        shape.rank() >= 2 && shape.rank() <= 4, "input 0 is %s, of rank 2 to 4 expected", shape);
    Shape images =
        shape.rank() == 2 ? Shape.of(shape.dim(0), shape.dim(1), 1, 1) : Windows.images(shape);
    Value src = to.value(to.floats(node, 0).reshaped(images));
    Value scale = to.value(node, 1);
    Value shift = to.value(node, 2);
    String name = ConvolutionNodes.name(to, node.output(), shape.rank());
    Value dst = Value.activation(name, images);
    if (training) {
      training(node, to, src, scale, shift, dst, epsilon, momentum);
    } else {
      Value mean = statistics(node, to, 3);
      Value variance = statistics(node, to, 4);
      to.add(new BatchNormInference(src, scale, shift, mean, variance, null, dst, epsilon, false));
    }
    to.define(Operand.computed(node.output(), dst).reshaped(shape));
  }

  /** Statistics are states where they are constant, as those of every network. */
  private static Value statistics(Node node, Translation to, int input) {
    Operand operand = to.floats(node, input);
    Tensor constant = operand.constant();
    return constant == null ? to.value(operand) : to.state(operand.name(), constant);
  }

  private static void training(
      Node node,
      Translation to,
      Value src,
      Value scale,
      Value shift,
      Value dst,
      double epsilon,
      double momentum) {
    Shape channels = Shape.of(src.shape().dim(1));
    Value mean = Value.activation(to.unique(dst.name() + ".mean"), channels);
    Value variance = Value.activation(to.unique(dst.name() + ".variance"), channels);
    // The running statistics of a run are outputs here, and not kept.
    Tensor zeros = Tensor.zeros(DType.F32, channels);
    Value keptMean = to.state(to.unique(dst.name() + ".running_mean"), zeros);
    Value keptVariance = to.state(to.unique(dst.name() + ".running_var"), zeros);
    to.add(
        new BatchNorm(
            src,
            scale,
            shift,
            keptMean,
            keptVariance,
            null,
            dst,
            mean,
            variance,
            null,
            epsilon,
            1 - momentum,
            false));
    running(node, to, 1, mean, 3, momentum);
    running(node, to, 2, variance, 4, momentum);
  }

  /** The old statistic and that of the batch, weighted. */
  private static void running(
      Node node, Translation to, int output, Value batch, int input, double momentum) {
    String name = node.output(output);
    if (!name.isEmpty()) {
      Operand old = weighted(node, to, to.floats(node, input), momentum);
      Operand current = weighted(node, to, Operand.computed(batch.name(), batch), 1 - momentum);
      Value sum = Value.activation(name, batch.shape());
      to.add(new Binary(to.value(old), to.value(current), sum, Binary.Function.ADD));
      to.define(Operand.computed(name, sum));
    }
  }

  private static Operand weighted(Node node, Translation to, Operand operand, double weight) {
    Tensor factor = Tensor.of(Shape.of(1), (float) weight);
    Operand constant = Operand.constant(to.unique(operand.name() + ".momentum"), factor);
    return ElementwiseNodes.binary(node, to, operand, constant, Binary.Function.MUL, false);
  }

  static void localResponse(Node node, Translation to) {
    Attributes attributes = node.attributes();
    Value src = to.value(node, 0);
    node.require(attributes.has("size"), "size is not given");
    Value dst = Value.activation(node.output(), src.shape());
    to.add(
        new LocalResponseNorm(
            src,
            dst,
            attributes.integer("size", 1),
            attributes.number("alpha", 1e-4),
            attributes.number("beta", 0.75),
            attributes.number("bias", 1)));
    to.define(node, dst);
  }

  /** The translation of softmax or its logarithm. */
  static Translator softmax(boolean log) {
    return (node, to) -> {
      Operand src = to.floats(node, 0);
      Shape shape = src.shape();
      boolean alongOne = node.opset() >= 13;
      int axis = node.axis(node.attributes().integer("axis", alongOne ? -1 : 1), shape.rank());
      int outer = ShapeRules.product(shape, 0, axis);
      int along = alongOne ? shape.dim(axis) : ShapeRules.product(shape, axis, shape.rank());
      int inner = Math.toIntExact(shape.elements() / outer / along);
      // Any rank as three extents; of these the last is most often 1.
      Shape joint = inner == 1 ? Shape.of(outer, along) : Shape.of(outer, along, inner);
      Value scores = to.value(src.reshaped(joint));
      boolean isSeenSo = joint.equals(shape);
      String name = isSeenSo ? node.output() : to.unique(node.output() + ".rows");
      Value dst = Value.activation(name, joint);
      to.add(new Softmax(scores, dst, 1, log));
      to.define(Operand.computed(node.output(), dst).reshaped(shape));
    };
  }
}
