package dev.residual;

import dev.residual.Elements.Agreement;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Cast;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Tensor;
import java.util.List;

/** Inputs in which a few elements are no finite numbers, and what a backend owes them. */
enum NotFinite {
  NAN,
  INFINITY;

  /**
   * The floating values of a graph that are given; infinity in none that a batch norm multiplies
   * with, for it may subtract the product with the mean from that with the image.
   */
  List<Value> places(Graph graph) {
    return graph.values().stream()
        .filter(value -> value.role() != Role.ACTIVATION && value.dtype().isFloating())
        .filter(
            value ->
                this == NAN
                    || graph.ops().stream()
                        .noneMatch(
                            op -> op instanceof BatchNorm norm && norm.scale().equals(value)))
        .toList();
  }

  /** A copy of a tensor with NaN in the middle, or with an infinity in each half. */
  Tensor in(Tensor tensor) {
    Tensor copy = Tensor.zeros(tensor.dtype(), tensor.shape());
    copy.data().copyFrom(tensor.data());
    long elements = tensor.shape().elements();
    if (this == NAN) {
      copy.set(elements / 2, Double.NaN);
    } else {
      copy.set(elements * 3 / 4, Double.NEGATIVE_INFINITY);
      copy.set(elements / 4, Double.POSITIVE_INFINITY);
    }
    return copy;
  }

  /** Whether a graph rounds to integers, of which none is NaN. */
  static boolean isLostIn(Graph graph) {
    return graph.ops().stream()
        .anyMatch(
            op ->
                op instanceof Quantize
                    || (op instanceof QuantizedConv2d conv && !conv.dst().dtype().isFloating()));
  }

  /**
   * What must hold for the results of a graph. NaN is never lost. But sums of transformed images
   * (Winograd's) hold it in neighbours, too, and so may products with padding; and where infinities
   * are multiplied, or subtracted from each other on the way to a sum, they become NaN, in front of
   * a ReLU that would make one 0.
   */
  Agreement agreement(Graph graph, Value place) {
    if (graph.ops().stream()
        .anyMatch(op -> isTransformed(op) || meetsPadding(op, narrowed(graph, place)))) {
      return Agreement.LENIENT;
    }
    boolean multiplies = graph.ops().stream().anyMatch(NotFinite::multiplies);
    return this == INFINITY && multiplies ? Agreement.LENIENT : Agreement.EXACT;
  }

  private static boolean isTransformed(Op op) {
    return switch (op) {
      case Conv2d conv -> conv.window().kernelElements() == 9;
      case Conv2dBackwardData conv -> conv.window().kernelElements() == 9;
      case Conv2dBackwardWeights conv -> conv.window().kernelElements() == 9;
      default -> false;
    };
  }

  /** What operations read of a value: in networks of BF16 its cast. */
  private static Value narrowed(Graph graph, Value value) {
    return graph.ops().stream()
        .filter(op -> op instanceof Cast cast && cast.src().equals(value))
        .map(op -> op.outputs().getFirst())
        .findFirst()
        .orElse(value);
  }

  /** Whether the operation may multiply padding, or results that there are none of, by a value. */
  private static boolean meetsPadding(Op op, Value value) {
    return switch (op) {
      case Conv2d conv -> conv.weights().equals(value);
      case Conv2dBackwardData conv -> conv.weights().equals(value);
      case Conv2dBackwardWeights conv -> conv.diffDst().equals(value);
      default -> false;
    };
  }

  private static boolean multiplies(Op op) {
    return switch (op) {
      case Conv2d _,
          Conv2dBackwardData _,
          Conv2dBackwardWeights _,
          QuantizedConv2d _,
          Linear _,
          LinearBackwardData _,
          LinearBackwardWeights _,
          BatchNorm _,
          BatchNormInference _,
          BatchNormBackward _ ->
          true;
      default -> false;
    };
  }
}
