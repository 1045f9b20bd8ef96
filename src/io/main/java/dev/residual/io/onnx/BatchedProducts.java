package dev.residual.io.onnx;

import dev.residual.graph.Concat;
import dev.residual.graph.Linear;
import dev.residual.graph.Slice;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Products of batches of matrices, one matrix after the other. */
final class BatchedProducts {
  /** More would be faster as one operation, which there is not. */
  private static final int MOST = 256;

  private BatchedProducts() {}

  /**
   * Adds the products of the matrices of two tensors, whose other extents broadcast.
   *
   * @param name of the result
   */
  static Operand product(Node node, Translation to, Operand a, Operand b, String name) {
    Shape left = a.shape();
    Shape right = b.shape();
    node.require(
        left.rank() >= 2 && left.dim(-1) == right.dim(-2), "a product of %s and %s", left, right);
    int rows = left.dim(-2);
    int inner = left.dim(-1);
    int columns = right.dim(-1);
    Strided.Broadcast batch = Strided.broadcast(others(left), others(right));
    long count = batch.shape().elements();
    node.require(count <= MOST, "%d products of matrices, at most %d are supported", count, MOST);
    Value first = to.value(a.reshaped(stack(left)));
    Value second = to.value(b.reshaped(stack(right)));
    Shape shape = Shape.of(second.shape().dim(0), columns, inner);
    Value turned = Value.activation(to.unique(name + ".transposed"), shape);
    to.add(new Transpose(second, turned, List.of(0, 2, 1)));
    List<Value> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Value src = matrix(to, first, (int) batch.first().at(i), name);
      Value weights = matrix(to, turned, (int) batch.second().at(i), name);
      Value product = to.add(Linear.of(to.unique(name + ".product"), src, weights));
      parts.add(to.reshaped(name, product, Shape.of(1, rows, columns, 1)));
    }
    Value joint =
        Value.activation(
            to.unique(name + ".joined"),
            Shape.of(1, Math.multiplyExact(rows, (int) count), columns, 1));
    to.add(new Concat(parts, joint));
    List<Integer> dims = new ArrayList<>();
    Arrays.stream(batch.shape().dims()).forEach(dims::add);
    dims.addAll(List.of(rows, columns));
    return Operand.computed(name, joint).reshaped(ShapeRules.shape(dims));
  }

  /** The extents before those of a matrix. */
  private static Shape others(Shape shape) {
    return Shape.of(Arrays.copyOf(shape.dims(), shape.rank() - 2));
  }

  private static Shape stack(Shape shape) {
    return Shape.of((int) others(shape).elements(), shape.dim(-2), shape.dim(-1));
  }

  private static Value matrix(Translation to, Value stack, int index, String name) {
    Value part = stack;
    if (stack.shape().dim(0) > 1) {
      part = Value.activation(to.unique(name + ".part"), stack.shape().with(0, 1));
      to.add(new Slice(stack, part, List.of(index, 0, 0), List.of(1, 1, 1)));
    }
    return to.reshaped(name, part, Shape.of(stack.shape().dim(1), stack.shape().dim(2)));
  }
}
