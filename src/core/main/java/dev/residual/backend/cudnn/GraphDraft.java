package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.Node;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.operation.Pointwise;
import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import dev.residual.backend.cudnn.operation.Storage;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An operation graph in the making. Its tensors have names of their own, so that equal layers have
 * equal graphs, and one plan serves all of them.
 */
final class GraphDraft {
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Value> values = new HashMap<>();

  /** Images in memory; a value of fewer than four extents has 1 for the others. */
  GraphTensor image(String name, Value value) {
    return bound(
        GraphTensor.image(
            name,
            KernelTypes.extent(value, 0),
            KernelTypes.extent(value, 1),
            KernelTypes.extent(value, 2),
            KernelTypes.extent(value, 3),
            ElementType.of(value.dtype())),
        value);
  }

  /** Weights in memory; a matrix is a window of 1x1. */
  GraphTensor filter(String name, Value value) {
    return bound(
        GraphTensor.filter(
            name,
            KernelTypes.extent(value, 0),
            KernelTypes.extent(value, 1),
            KernelTypes.extent(value, 2),
            KernelTypes.extent(value, 3),
            ElementType.of(value.dtype())),
        value);
  }

  /** A number for each channel, in memory. */
  GraphTensor channels(String name, Value value) {
    return bound(
        GraphTensor.channels(name, value.shape().elements(), ElementType.of(value.dtype())), value);
  }

  /** A tensor of the extents of another that is not stored; FLOAT, so that nothing is rounded. */
  GraphTensor virtual(String name, GraphTensor like) {
    return new GraphTensor(
        name, like.dims(), like.strides(), ElementType.FLOAT, Storage.VIRTUAL, 0);
  }

  /** One bit an element of another tensor, in memory. */
  GraphTensor bits(String name, GraphTensor like, Value value) {
    return bound(
        new GraphTensor(name, like.dims(), like.strides(), ElementType.BOOLEAN, Storage.MEMORY, 0),
        value);
  }

  /** A tensor like another one, of its type: in memory if a value holds it, else not stored. */
  GraphTensor result(String name, GraphTensor like, @Nullable Value value) {
    GraphTensor tensor = like.named(name);
    return value == null ? tensor.asVirtual() : bound(tensor, value);
  }

  /** The end of a batch norm: a ReLU, if there is one, and the mask of what it lets pass. */
  void rectify(GraphTensor before, GraphTensor y, boolean isRectified, @Nullable Value mask) {
    if (isRectified) {
      add(Pointwise.of(Mode.RELU_FWD, before, y));
    }
    if (mask != null) {
      GraphTensor zero = GraphTensor.constant("zero", ElementType.FLOAT, 0);
      add(Pointwise.of(Mode.CMP_GT, y, zero, bits("mask", y, mask)));
    }
  }

  private GraphTensor bound(GraphTensor tensor, Value value) {
    values.put(tensor.name(), value);
    return tensor;
  }

  /** Adds a node. */
  void add(Node node) {
    nodes.add(node);
  }

  /** The graph, and where its tensors lie. */
  GraphLaunch launch() {
    return new GraphLaunch(new OperationGraph(nodes), values);
  }
}
