package dev.residual.backend.cudnn.operation;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * An operation graph: what one plan of cuDNN computes.
 *
 * @param nodes the operations, each after those whose results it reads
 */
public record OperationGraph(List<Node> nodes) {

  /** Checks that nodes and tensors belong together. */
  public OperationGraph {
    nodes = List.copyOf(nodes);
    if (nodes.isEmpty()) {
      throw new IllegalArgumentException("an operation graph has at least one node");
    }
    Map<String, GraphTensor> named = new LinkedHashMap<>();
    Set<String> computed = new HashSet<>();
    for (Node node : nodes) {
      for (GraphTensor tensor : node.inputs()) {
        same(named, tensor);
        if (tensor.isVirtual() && !computed.contains(tensor.name())) {
          throw new IllegalArgumentException(
              tensor + " is read before a node computes it, by " + node);
        }
      }
      for (GraphTensor tensor : node.outputs()) {
        same(named, tensor);
        if (tensor.storage() == Storage.BY_VALUE || !computed.add(tensor.name())) {
          throw new IllegalArgumentException(
              tensor + " cannot be the result of this node: " + node);
        }
      }
    }
  }

  private static void same(Map<String, GraphTensor> named, GraphTensor tensor) {
    GraphTensor other = named.putIfAbsent(tensor.name(), tensor);
    if (other != null && !other.equals(tensor)) {
      throw new IllegalArgumentException(
          "two tensors have the name " + tensor.name() + ": " + other + " and " + tensor);
    }
  }

  /** An operation graph of these nodes. */
  public static OperationGraph of(Node... nodes) {
    return new OperationGraph(List.of(nodes));
  }

  /** All tensors, in the order of their first use: of each node the inputs, then the outputs. */
  public List<GraphTensor> tensors() {
    Set<GraphTensor> tensors = new LinkedHashSet<>();
    for (Node node : nodes) {
      tensors.addAll(node.inputs());
      tensors.addAll(node.outputs());
    }
    return List.copyOf(tensors);
  }

  /** The tensors in memory, in the order of {@link #tensors}: what an execution is given. */
  public List<GraphTensor> arguments() {
    return tensors().stream().filter(t -> t.storage() == Storage.MEMORY).toList();
  }

  /**
   * The unique id of a tensor: 1 for the first, and so on.
   *
   * @throws IllegalArgumentException if this graph has no such tensor
   */
  public long id(GraphTensor tensor) {
    int index = tensors().indexOf(tensor);
    if (index < 0) {
      throw new IllegalArgumentException(tensor + " is not in the operation graph\n" + this);
    }
    return index + 1L;
  }

  /**
   * The text of this graph in one line, by numbers instead of names: graphs of one signature have
   * the same plans.
   */
  public String signature() {
    List<GraphTensor> tensors = tensors();
    return text(t -> "t" + (tensors.indexOf(t) + 1)).replace("\n", "; ");
  }

  private String text(Function<GraphTensor, String> names) {
    Set<GraphTensor> told = new HashSet<>();
    Function<GraphTensor, String> tensors =
        t -> told.add(t) ? t.text(names.apply(t)) : names.apply(t);
    return nodes.stream().map(node -> node.text(tensors)).collect(Collectors.joining("\n"));
  }

  /** One node a line; of each tensor the type and extents where it is named first. */
  @Override
  public String toString() {
    return text(GraphTensor::name);
  }
}
