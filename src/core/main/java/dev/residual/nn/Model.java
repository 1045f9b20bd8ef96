package dev.residual.nn;

import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.tensor.DType;

/**
 * A network as a graph, with the values that a caller writes and reads.
 *
 * @param name the name of the network
 * @param graph the forward computation, whose one output is the logits
 * @param images the input, n c h w
 * @param logits the unnormalised class scores, n classes
 */
public record Model(String name, Graph graph, Value images, Value logits) {

  /**
   * This network with activations of another type; weights, images and logits stay as they are.
   *
   * @param dtype as {@link MixedPrecision#of} takes it
   */
  public Model withPrecision(DType dtype) {
    return withGraph(MixedPrecision.of(graph, dtype));
  }

  /** This network computed by another graph, with the same images and logits. */
  public Model withGraph(Graph other) {
    return new Model(name, other, images, logits);
  }
}
