package dev.residual.bench;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.List;
import java.util.stream.Stream;

/** The convolutions of a graph and their gradients, each cut out of it. */
final class SingleConvolutions {
  private SingleConvolutions() {}

  /**
   * One operation for each convolution, without epilogue; those of equal shapes are equal.
   *
   * @param dtype the type of images and weights; gradients of weights are F32
   */
  static List<Op> of(Graph graph, DType dtype) {
    return graph.ops().stream().flatMap(op -> cut(op, dtype)).toList();
  }

  private static Stream<Op> cut(Op op, DType dtype) {
    return switch (op) {
      case Conv2d o ->
          Stream.of(
              new Conv2d(
                  input("src", o.src(), dtype),
                  weights(o.weights(), dtype),
                  null,
                  Value.activation("dst", o.dst().shape(), dtype),
                  o.window(),
                  o.groups()));
      case Conv2dBackwardData o ->
          Stream.of(
              new Conv2dBackwardData(
                  input("diffDst", o.diffDst(), dtype),
                  weights(o.weights(), dtype),
                  Value.activation("diffSrc", o.diffSrc().shape(), dtype),
                  o.window(),
                  o.groups()));
      case Conv2dBackwardWeights o ->
          Stream.of(
              new Conv2dBackwardWeights(
                  input("src", o.src(), dtype),
                  input("diffDst", o.diffDst(), dtype),
                  Value.activation("diffWeights", o.diffWeights().shape()),
                  null,
                  o.window(),
                  o.groups()));
      default -> Stream.empty();
    };
  }

  private static Value input(String name, Value value, DType dtype) {
    return Value.input(name, value.shape(), dtype);
  }

  private static Value weights(Value value, DType dtype) {
    return Value.parameter("weights", value.shape(), dtype);
  }
}
