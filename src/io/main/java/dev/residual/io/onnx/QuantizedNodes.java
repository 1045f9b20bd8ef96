package dev.residual.io.onnx;

import dev.residual.graph.Binary;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Quantize;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Arrays;

/**
 * Nodes of 8-bit integers. An integer q stands for {@code (q - zero point) * scale}. Convolutions
 * compute with the numbers that integers stand for; {@link IntegerConvolutions} then finds those
 * that can compute with the integers themselves.
 */
final class QuantizedNodes {
  private QuantizedNodes() {}

  static void quantizeLinear(Node node, Translation to) {
    attributes(node);
    int type = node.attributes().integer("output_dtype", 0);
    DType dtype = type == 3 ? DType.S8 : DType.U8;
    node.require(type == 0 || type == 2 || type == 3, "output_dtype is %d, expected 2 or 3", type);
    Scales scales = scales(node, to, 1, 2, to.operand(node, 0).shape(), dtype);
    quantize(node, to, to.floats(node, 0), scales, node.output());
  }

  static void dequantizeLinear(Node node, Translation to) {
    attributes(node);
    Operand src = to.operand(node, 0);
    Tensor constant = src.constant();
    DType type = constant == null ? src.value().dtype() : constant.dtype();
    Scales scales = scales(node, to, 1, 2, src.shape(), type);
    to.define(dequantize(node, to, src, scales, node.output()));
  }

  private static void attributes(Node node) {
    node.attributes().integer("saturate", 1);
    node.attributes().integer("precision", 1);
    node.require(
        node.attributes().integer("block_size", 0) == 0, "scales of blocks are not supported");
  }

  static void conv(Node node, Translation to) {
    Operand src = dequantized(node, to, 0, node.input(0));
    Operand weights = dequantized(node, to, 3, node.input(3));
    Value bias = node.has(8) ? bias(node, to, 8) : null;
    String name = to.unique(node.output() + ".real");
    Operand result = ConvolutionNodes.conv(node, to, src, weights, bias, name);
    quantize(node, to, result, 6);
  }

  /** A bias of integers, whose scale is the product of those of images and weights. */
  private static Value bias(Node node, Translation to, int input) {
    Tensor integers = Arithmetic.constant(node, to, input);
    double images = Arithmetic.constant(node, to, 1).get(0);
    Tensor weights = Arithmetic.constant(node, to, 4);
    Tensor bias = Tensor.zeros(DType.F32, integers.shape());
    for (int i = 0; i < bias.shape().elements(); i++) {
      double scale = weights.get(weights.shape().elements() == 1 ? 0 : i);
      bias.set(i, integers.get(i) * images * scale);
    }
    return to.parameter(node.input(input), bias);
  }

  static void add(Node node, Translation to) {
    Operand first = dequantized(node, to, 0, node.input(0));
    Operand second = dequantized(node, to, 3, node.input(3));
    Operand sum = ElementwiseNodes.binary(node, to, first, second, Binary.Function.ADD, false);
    quantize(node, to, sum, 6);
  }

  static void globalAverage(Node node, Translation to) {
    node.require(!node.attributes().flag("channels_last", false), "channels_last is 1");
    Operand src = dequantized(node, to, 0, node.input(0));
    Operand means = PoolingNodes.means(node, to, src, to.unique(node.output() + ".real"));
    quantize(node, to, means, 3);
  }

  static void matMul(Node node, Translation to) {
    Operand src = dequantized(node, to, 0, node.input(0));
    Operand weights = dequantized(node, to, 3, node.input(3));
    quantize(node, to, ProductNodes.product(node, to, src, weights, null), 6);
  }

  static void gemm(Node node, Translation to) {
    node.require(
        node.attributes().number("alpha", 1) == 1
            && !node.attributes().flag("transA", false)
            && node.has(7),
        "alpha is not 1, transA not 0, or the scale of the result is not given");
    boolean turned = node.attributes().flag("transB", false);
    Operand src = dequantized(node, to, 0, node.input(0));
    Operand weights = dequantized(node, to, 3, node.input(3));
    Operand matrix = turned ? ProductNodes.transposed(node, to, weights) : weights;
    Value bias = node.has(6) ? bias(node, to, 6) : null;
    quantize(node, to, ProductNodes.product(node, to, src, matrix, bias), 7);
  }

  /** What the integers of an input stand for; scale and zero point are the next inputs. */
  private static Operand dequantized(Node node, Translation to, int input, String name) {
    Operand src = to.operand(node, input);
    Tensor constant = src.constant();
    DType type = constant == null ? src.value().dtype() : constant.dtype();
    int axis = input == 0 ? 1 : 0;
    Scales scales = scales(node, to, input + 1, input + 2, type, axis);
    // Weights keep their name, as they are what is learned.
    String real = constant == null ? to.unique(name + ".real") : name;
    return dequantize(node, to, src, scales, real);
  }

  /** Defines the result of a node as integers; scale and zero point are these inputs. */
  private static void quantize(Node node, Translation to, Operand real, int input) {
    quantize(node, to, real, scales(node, to, input, input + 1, DType.U8, 1), node.output());
  }

  private static void quantize(Node node, Translation to, Operand src, Scales scales, String name) {
    Operand real = src;
    if (scales.count() > 1) {
      Operand divisor = scales.operand(to, name + ".scale", src.shape().rank());
      real = ElementwiseNodes.binary(node, to, real, divisor, Binary.Function.DIV, false);
    }
    if (!scales.isSymmetric()) {
      Operand shift = scales.shift(to, name + ".shift", src.shape().rank());
      real = ElementwiseNodes.binary(node, to, real, shift, Binary.Function.ADD, false);
    }
    node.require(
        scales.type() == DType.U8 || scales.type() == DType.S8,
        "the integers are %s, of 8 bits expected",
        scales.type());
    Value value = to.value(real);
    Value integers = Value.activation(name, value.shape(), scales.type());
    to.add(new Quantize(value, integers, scales.single()));
    to.define(Operand.computed(name, integers));
  }

  private static Operand dequantize(
      Node node, Translation to, Operand src, Scales scales, String name) {
    Tensor constant = src.constant();
    if (constant != null) {
      node.require(!constant.dtype().isFloating(), "%s is no integers", constant);
      to.charge(node, src.shape().elements());
      Tensor real = scales.real(constant);
      if (scales.isSymmetric() && constant.dtype() == DType.S8) {
        to.keepIntegers(real, constant, scales);
      }
      return Operand.constant(name, real);
    }
    DType type = src.value().dtype();
    node.require(type == DType.U8 || type == DType.S8, "the integers are %s", type);
    boolean isLast = scales.count() == 1 && scales.isSymmetric();
    Value integers = to.value(src);
    Value real = Value.activation(isLast ? name : to.unique(name + ".unshifted"), integers.shape());
    to.add(new Dequantize(integers, real, scales.single()));
    Operand result = Operand.computed(real.name(), real);
    if (!scales.isSymmetric()) {
      Operand shift = scales.shift(to, name + ".shift", src.shape().rank());
      result = ElementwiseNodes.binary(node, to, result, shift, Binary.Function.SUB, false);
    }
    if (scales.count() > 1) {
      Operand factor = scales.operand(to, name + ".scale", src.shape().rank());
      result = ElementwiseNodes.binary(node, to, result, factor, Binary.Function.MUL, false);
    }
    return result.named(name);
  }

  private static Scales scales(
      Node node, Translation to, int scale, int zeroPoint, Shape shape, DType type) {
    Tensor given = Arithmetic.constant(node, to, scale);
    int axis =
        given.shape().elements() == 1
            ? 0
            : node.axis(node.attributes().integer("axis", 1), shape.rank());
    node.attributes().integer("axis", 1);
    Scales scales = scales(node, to, scale, zeroPoint, type, axis);
    node.require(
        scales.count() == 1 || scales.count() == shape.dim(axis),
        "%d scales along axis %d of %s",
        scales.count(),
        axis,
        shape);
    return scales;
  }

  private static Scales scales(
      Node node, Translation to, int scale, int zeroPoint, DType type, int axis) {
    Tensor given = Arithmetic.constant(node, to, scale);
    Tensor zero = to.constant(node, zeroPoint);
    node.require(given.shape().rank() <= 1, "scales of %s", given.shape());
    int count = (int) given.shape().elements();
    node.require(
        zero == null || zero.shape().elements() == count || zero.shape().elements() == 1,
        "%d scales and zero points %s",
        count,
        zero);
    double[] zeros = new double[count];
    if (zero != null) {
      Arrays.setAll(zeros, i -> zero.get(zero.shape().elements() == 1 ? 0 : i));
    }
    double[] numbers = given.toDoubles();
    for (double number : numbers) {
      node.require(number > 0 && Double.isFinite(number), "a scale of %s", number);
    }
    return new Scales(
        Arrays.stream(numbers).boxed().toList(),
        Arrays.stream(zeros).boxed().toList(),
        zero == null ? type : zero.dtype(),
        axis);
  }
}
