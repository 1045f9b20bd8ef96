package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.Node;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.operation.Storage;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An operation graph, and where its tensors lie.
 *
 * @param graph what cuDNN computes
 * @param values where each tensor in memory lies, by its name in the graph
 */
record GraphLaunch(OperationGraph graph, Map<String, Value> values) implements Launch {

  /**
   * Checks that each tensor in memory has a value that is large enough.
   *
   * @throws IllegalArgumentException if one has none
   */
  GraphLaunch {
    values = Map.copyOf(values);
    for (GraphTensor tensor : graph.tensors()) {
      if (tensor.storage() == Storage.MEMORY && !values.containsKey(tensor.name())) {
        throw new IllegalArgumentException(
            "%s lies nowhere: %s of%n%s".formatted(tensor.name(), values.keySet(), graph));
      }
    }
  }

  @Override
  public List<Value> reads() {
    Set<GraphTensor> written = written();
    return graph.tensors().stream()
        .filter(tensor -> tensor.storage() == Storage.MEMORY && !written.contains(tensor))
        .map(tensor -> values.get(tensor.name()))
        .distinct()
        .toList();
  }

  @Override
  public List<Value> writes() {
    return written().stream()
        .filter(tensor -> tensor.storage() == Storage.MEMORY)
        .map(tensor -> values.get(tensor.name()))
        .distinct()
        .toList();
  }

  private Set<GraphTensor> written() {
    Set<GraphTensor> written = new LinkedHashSet<>();
    graph.nodes().forEach(node -> written.addAll(node.outputs()));
    return written;
  }

  @Override
  public String implementation() {
    List<String> kinds = new ArrayList<>();
    for (Node node : graph.nodes()) {
      kinds.add(node.getClass().getSimpleName());
    }
    return "cudnn:" + String.join("+", kinds);
  }
}
