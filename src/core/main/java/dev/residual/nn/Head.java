package dev.residual.nn;

import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The names of the parameters of a network's last linear layer, the only ones whose shapes depend
 * on the number of classes.
 *
 * @param weights the name of its weights, of the shape classes, features
 * @param bias the name of its bias, of the shape classes; null if it has none
 */
public record Head(String weights, @Nullable String bias) {

  /**
   * The head of a network.
   *
   * @throws IllegalArgumentException if it has no linear layer
   */
  public static Head of(ImageNetwork network) {
    return of(linear(network));
  }

  /** The head of a network; none if it has no linear layer. */
  public static Optional<Head> find(ImageNetwork network) {
    return last(network).map(Head::of);
  }

  private static Head of(Linear linear) {
    Value bias = linear.bias();
    return new Head(linear.weights().name(), bias == null ? null : bias.name());
  }

  private static Linear linear(ImageNetwork network) {
    return last(network)
        .orElseThrow(() -> new IllegalArgumentException(network.name() + " has no linear layer"));
  }

  private static Optional<Linear> last(ImageNetwork network) {
    return linears(network.inference(1)).findFirst();
  }

  /** The linear layers of a model, the last first. */
  private static Stream<Linear> linears(Model model) {
    return model.graph().ops().reversed().stream()
        .filter(Linear.class::isInstance)
        .map(Linear.class::cast);
  }

  /** The features that a model classifies, n features: what its last linear layer reads, if any. */
  public static Optional<Value> features(Model model) {
    return linears(model).findFirst().map(Linear::src);
  }

  /** First weights of the head of a network, drawn as those of large images are. */
  public static Weights drawn(ImageNetwork network, long seed) {
    Linear linear = linear(network);
    Value src = Value.input(linear.src().name(), linear.src().shape(), linear.src().dtype());
    Op alone = linear.map(value -> value.equals(linear.src()) ? src : value);
    return new Initializer(Initializer.Fan.OUT, seed).weights(Graph.of(alone));
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
    if (bias != null) {
      tensors.put(bias, others.get(bias));
    }
    return new Weights(tensors);
  }
}
