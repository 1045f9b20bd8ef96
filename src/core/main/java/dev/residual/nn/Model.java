package dev.residual.nn;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.passes.FrozenNorms;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.tensor.DType;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A network as a graph, with the values that a caller writes and reads.
 *
 * @param name the name of the network
 * @param graph the forward computation, whose outputs are the logits, and those of auxiliary heads
 * @param images the input, n c h w
 * @param logits the unnormalised class scores, n classes
 * @param auxiliary the logits of heads that serve training alone
 * @param fixed the names of parameters that training leaves as they are
 */
public record Model(
    String name,
    Graph graph,
    Value images,
    Value logits,
    List<Value> auxiliary,
    Set<String> fixed) {

  /** Copies list and set. */
  public Model {
    auxiliary = List.copyOf(auxiliary);
    fixed = Set.copyOf(fixed);
  }

  /** A model of one head, whose parameters are all trained. */
  public Model(String name, Graph graph, Value images, Value logits) {
    this(name, graph, images, logits, List.of(), Set.of());
  }

  /**
   * This network with activations of another type; weights, images and logits stay as they are.
   *
   * @param dtype as {@link MixedPrecision#of} takes it
   */
  public Model withPrecision(DType dtype) {
    return withGraph(MixedPrecision.of(graph, dtype));
  }

  /** This network with parameters that training leaves as they are. */
  public Model withFixed(Collection<String> names) {
    return new Model(name, graph, images, logits, auxiliary, new HashSet<>(names));
  }

  /**
   * This network with parameters that training leaves as they are, beside those that it leaves
   * already. Batch normalisations of which neither scale nor shift is trained keep their
   * statistics, too.
   *
   * @param names says of a parameter's name whether it is frozen
   */
  public Model freeze(Predicate<String> names) {
    Set<String> frozen = new HashSet<>(fixed);
    for (Value parameter : graph.values(Role.PARAMETER)) {
      if (names.test(parameter.name())) {
        frozen.add(parameter.name());
      }
    }
    return withFrozenNorms(
            norm -> frozen.contains(norm.scale().name()) && frozen.contains(norm.shift().name()))
        .withFixed(frozen);
  }

  /** This network with batch normalisations that keep their statistics. */
  public Model withFrozenNorms() {
    return withFrozenNorms(norm -> true);
  }

  private Model withFrozenNorms(Predicate<BatchNorm> chosen) {
    return withGraph(FrozenNorms.of(graph, chosen));
  }

  /** The parameters that are trained, in the order of the graph. */
  public List<Value> trained() {
    return graph.values(Role.PARAMETER).stream()
        .filter(parameter -> !fixed.contains(parameter.name()))
        .toList();
  }

  /** This network computed by another graph, with the same images and logits. */
  public Model withGraph(Graph other) {
    return new Model(name, other, images, logits, auxiliary, fixed);
  }
}
