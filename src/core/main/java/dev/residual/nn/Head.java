package dev.residual.nn;

import dev.residual.graph.Linear;
import dev.residual.graph.Op;
import dev.residual.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The names of the parameters of a network's last linear layer, the only ones whose shapes depend
 * on the number of classes.
 *
 * @param weights the name of its weights, of the shape classes, features
 * @param bias the name of its bias, of the shape classes
 */
public record Head(String weights, String bias) {

  /** The head of a network. */
  public static Head of(ResNet network) {
    for (Op op : network.inference(1).graph().ops().reversed()) {
      if (op instanceof Linear linear) {
        return new Head(linear.weights().name(), Objects.requireNonNull(linear.bias()).name());
      }
    }
    throw new IllegalStateException(network.name() + " has no linear layer");
  }

  /** The number of classes that weights are for, if they have this head. */
  public OptionalInt classes(Weights all) {
    Tensor tensor = all.tensors().get(weights);
    return tensor != null && tensor.shape().rank() == 2
        ? OptionalInt.of(tensor.shape().dim(0))
        : OptionalInt.empty();
  }

  /**
   * These weights with the head of others.
   *
   * @throws IllegalArgumentException if the others have none
   */
  public Weights replace(Weights all, Weights others) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(all.tensors());
    tensors.put(weights, others.get(weights));
    tensors.put(bias, others.get(bias));
    return new Weights(tensors);
  }
}
