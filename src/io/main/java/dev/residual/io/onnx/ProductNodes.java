package dev.residual.io.onnx;

import dev.residual.graph.Binary;
import dev.residual.graph.Linear;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Products of matrices. */
final class ProductNodes {
  private ProductNodes() {}

  static void gemm(Node node, Translation to) {
    Attributes attributes = node.attributes();
    double alpha = attributes.number("alpha", 1);
    double beta = attributes.number("beta", 1);
    boolean transA = attributes.flag("transA", false);
    boolean transB = attributes.flag("transB", false);
    Operand src = matrix(node, to, to.floats(node, 0), transA);
    Operand weights = matrix(node, to, to.floats(node, 1), !transB);
    Operand scaled = scaled(node, to, weights, alpha);
    int outputs = scaled.shape().dim(0);
    Operand c = node.has(2) && beta != 0 ? to.floats(node, 2) : null;
    if (c == null) {
      product(node, to, src, scaled, null, node.output());
      return;
    }
    Operand summand = scaled(node, to, c, beta);
    Value bias = bias(to, summand, outputs);
    if (bias != null) {
      product(node, to, src, scaled, bias, node.output());
    } else {
      Operand product = product(node, to, src, scaled, null, to.unique(node.output() + ".product"));
      Operand sum = ElementwiseNodes.binary(node, to, product, summand, Binary.Function.ADD, true);
      to.define(sum);
    }
  }

  static void matMul(Node node, Translation to) {
    Operand src = to.floats(node, 0);
    Operand weights = to.floats(node, 1);
    boolean isBatched = weights.shape().rank() > 2;
    to.define(
        isBatched
            ? BatchedProducts.product(node, to, src, weights, node.output())
            : product(node, to, src, weights, null).named(node.output()));
  }

  /** The transposed matrix. */
  static Operand transposed(Node node, Translation to, Operand matrix) {
    return matrix(node, to, matrix, true);
  }

  /** Adds the product of any tensor and a matrix or vector, and of a bias. */
  static Operand product(
      Node node, Translation to, Operand src, Operand weights, @Nullable Value bias) {
    Shape a = src.shape();
    Shape b = weights.shape();
    node.require(a.rank() > 0 && b.rank() > 0, "a product of scalars");
    node.require(
        b.rank() <= 2,
        "a product of batches of matrices, %s and %s; input 1 must be a matrix",
        a,
        b);
    int inner = a.dim(-1);
    node.require(b.dim(0) == inner, "a product of %s and %s", a, b);
    int columns = b.rank() == 1 ? 1 : b.dim(1);
    int rows = Math.toIntExact(a.elements() / inner);
    Operand left = src.reshaped(Shape.of(rows, inner));
    Operand right = matrix(node, to, weights.reshaped(Shape.of(inner, columns)), true);
    Shape result = ShapeRules.product(a, b);
    boolean isMatrix = result.equals(Shape.of(rows, columns));
    boolean isOutput = isMatrix && node.type().equals("MatMul");
    String name = isOutput ? node.output() : to.unique(node.output() + ".product");
    return product(node, to, left, right, bias, name).reshaped(result);
  }

  /** A matrix, transposed if asked for. */
  private static Operand matrix(Node node, Translation to, Operand matrix, boolean transposed) {
    Shape shape = matrix.shape();
    node.require(shape.rank() == 2, "%s is %s, and must be a matrix", matrix.name(), shape);
    if (!transposed) {
      return matrix;
    }
    Shape turned = Shape.of(shape.dim(1), shape.dim(0));
    Tensor constant = matrix.constant();
    if (constant != null) {
      to.charge(node, shape.elements());
      Strided view = Strided.of(turned, 0, 1, shape.dim(1));
      return Operand.constant(matrix.name(), view.copy(constant, turned));
    }
    Value dst = Value.activation(to.unique(matrix.name() + ".transposed"), turned);
    to.add(new Transpose(to.value(matrix), dst, List.of(1, 0)));
    return Operand.computed(matrix.name(), dst);
  }

  private static Operand scaled(Node node, Translation to, Operand operand, double factor) {
    if (factor == 1) {
      return operand;
    }
    Tensor constant = operand.constant();
    if (constant != null) {
      to.charge(node, constant.shape().elements());
      Tensor scaled = Tensor.zeros(DType.F32, constant.shape());
      for (long i = 0; i < scaled.shape().elements(); i++) {
        scaled.set(i, factor * constant.get(i));
      }
      return Operand.constant(operand.name(), scaled);
    }
    Operand number =
        Operand.constant(
            to.unique(operand.name() + ".factor"), Tensor.of(Shape.of(1), (float) factor));
    return ElementwiseNodes.binary(node, to, operand, number, Binary.Function.MUL, false);
  }

  /** The bias that a summand is; null if it differs from row to row. */
  private static @Nullable Value bias(Translation to, Operand summand, int outputs) {
    Shape shape = summand.shape();
    boolean isRow = shape.rank() <= 2 && (shape.rank() < 2 || shape.dim(0) == 1);
    if (isRow && shape.elements() == outputs) {
      return to.value(summand.reshaped(Shape.of(outputs)));
    }
    Tensor constant = summand.constant();
    if (constant == null || shape.rank() > 2 || shape.elements() != 1) {
      return null;
    }
    Tensor same = Tensor.zeros(DType.F32, Shape.of(outputs));
    for (int i = 0; i < outputs; i++) {
      same.set(i, constant.get(0));
    }
    return to.parameter(summand.name(), same);
  }

  private static Operand product(
      Node node, Translation to, Operand src, Operand weights, @Nullable Value bias, String name) {
    Linear linear = Linear.of(name, to.value(src), to.value(weights));
    Value dst = to.add(bias == null ? linear : linear.withBias(bias));
    Operand product = Operand.computed(name, dst);
    if (name.equals(node.output())) {
      to.define(product);
    }
    return product;
  }
}
