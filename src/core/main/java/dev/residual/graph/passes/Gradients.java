package dev.residual.graph.passes;

import dev.residual.graph.Add;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph extended by its backward pass (reverse-mode differentiation).
 *
 * <p>The backward operations follow the forward ones in the same graph, so that one memory plan
 * spans both. Forward operations whose gradient needs a workspace or mask are replaced by ones that
 * write it.
 *
 * @param graph forward and backward pass; its outputs are those of the forward graph and the
 *     gradients
 * @param of the gradient of each value asked for
 */
public record Gradients(Graph graph, Map<Value, Value> of) {

  /** Copies the map. */
  public Gradients {
    of = Map.copyOf(of);
  }

  /**
   * The gradients of a scalar loss.
   *
   * @param graph the forward pass
   * @param loss the result of a {@link SoftmaxCrossEntropy}, or a sum of such
   * @param wrt the floating inputs or parameters whose gradients are wanted
   * @throws IllegalArgumentException if the loss is not one, or does not depend on a value asked
   *     for
   */
  public static Gradients of(Graph graph, Value loss, Collection<Value> wrt) {
    if (!losses(graph).contains(loss)) {
      throw new IllegalArgumentException(
          "%s is no result of a SoftmaxCrossEntropy, nor a sum of such; give its gradient as a seed"
              .formatted(loss));
    }
    return differentiate(graph, Map.of(loss, loss), wrt);
  }

  private static Set<Value> losses(Graph graph) {
    Set<Value> losses = new HashSet<>();
    for (Op op : graph.ops()) {
      boolean isLoss = op instanceof SoftmaxCrossEntropy;
      boolean isSum =
          op instanceof Add add
              && !add.src0().equals(add.src1())
              && losses.containsAll(add.inputs());
      if (isSum) {
        losses.removeAll(op.inputs()); // A loss that counted twice would have another gradient.
      }
      if (isLoss || isSum) {
        losses.addAll(op.outputs());
      }
    }
    return losses;
  }

  /**
   * The gradients of any values, from given gradients of the results.
   *
   * @param graph the forward pass
   * @param seeds for each result its gradient, an input of the same shape
   * @param wrt the floating inputs or parameters whose gradients are wanted
   * @throws IllegalArgumentException if a seed has another shape or type than its value, or no
   *     seeded value depends on a value asked for
   */
  public static Gradients of(Graph graph, Map<Value, Value> seeds, Collection<Value> wrt) {
    PassCheck check = new PassCheck("Gradients");
    seeds.forEach(
        (value, seed) -> {
          check.that(value.dtype().isFloating(), "%s must be floating", value);
          check.that(
              value.shape().equals(seed.shape()),
              "%s and %s must have the same shape",
              value,
              seed);
          check.that(
              value.dtype() == seed.dtype(), "%s and %s must have the same type", value, seed);
        });
    return differentiate(graph, seeds, wrt);
  }

  private static Gradients differentiate(
      Graph graph, Map<Value, Value> seeds, Collection<Value> wrt) {
    PassCheck check = new PassCheck("Gradients");
    for (Value value : wrt) {
      check.that(graph.contains(value), "%s is not in the graph", value);
      check.that(
          value.role() == Role.INPUT || value.role() == Role.PARAMETER,
          "%s is neither an input nor a parameter",
          value);
      check.that(value.dtype().isFloating(), "%s is not floating", value);
    }
    BackwardPass pass = new BackwardPass(graph, seeds, wrt);
    Map<Value, Value> gradients = new LinkedHashMap<>();
    for (Value value : wrt) {
      Value gradient = pass.gradient(value);
      check.that(gradient != null, "nothing seeded depends on %s", value);
      gradients.put(value, gradient);
    }
    List<Value> outputs = new ArrayList<>(graph.outputs());
    outputs.addAll(gradients.values());
    return new Gradients(new Graph(pass.ops(), outputs), gradients);
  }
}
