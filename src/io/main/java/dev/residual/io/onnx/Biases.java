package dev.residual.io.onnx;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Linear;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Constants that are added to the result of a convolution or linear layer, as its bias. */
final class Biases {
  private Biases() {}

  /**
   * Gives the operation that computes a summand the other summand as a bias.
   *
   * @param name of the sum
   * @return the sum, or null if that cannot be
   */
  static @Nullable Operand absorb(Translation to, Operand first, Operand second, String name) {
    Operand sum = absorbInto(to, first, second, name);
    return sum != null ? sum : absorbInto(to, second, first, name);
  }

  private static @Nullable Operand absorbInto(
      Translation to, Operand computed, Operand added, String name) {
    Tensor constant = added.constant();
    if (constant == null || computed.constant() != null) {
      return null;
    }
    Value value = computed.value();
    if (!value.name().equals(computed.name()) || !to.isReadOnce(value.name())) {
      return null;
    }
    Op writer = to.writer(value);
    if (!(writer instanceof Conv2d conv && conv.bias() == null)
        && !(writer instanceof Linear linear && linear.bias() == null)) {
      return null;
    }
    int axis = writer instanceof Conv2d ? 1 : value.shape().rank() - 1;
    int channels = value.shape().dim(axis);
    boolean isSeenSo = computed.shape().equals(value.shape());
    if (!isSeenSo || !isVector(added.shape(), value.shape(), axis)) {
      return null;
    }
    Value bias = to.parameter(added.name(), constant.reshape(Shape.of(channels)));
    Value dst = Value.activation(name, value.shape());
    to.remove(writer);
    to.add(
        switch (writer) {
          case Conv2d conv -> conv.withBias(bias).withDst(dst);
          case Linear linear -> new Linear(linear.src(), linear.weights(), bias, dst);
          default -> throw new IllegalStateException(writer.toString());
        });
    return Operand.computed(name, dst);
  }

  /** Whether a shape, with extents of 1 before it, has the extent of the result at one axis. */
  private static boolean isVector(Shape added, Shape result, int axis) {
    if (added.rank() > result.rank()) {
      return false;
    }
    Shape widened = Strided.widened(added, result.rank());
    for (int i = 0; i < result.rank(); i++) {
      if (widened.dim(i) != (i == axis ? result.dim(i) : 1)) {
        return false;
      }
    }
    return true;
  }
}
