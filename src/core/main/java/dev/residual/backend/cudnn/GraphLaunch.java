package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.Node;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.operation.Storage;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

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
    Set<GraphTensor> computed = new HashSet<>();
    Set<Value> read = new LinkedHashSet<>();
    for (Node node : graph.nodes()) {
      for (GraphTensor tensor : node.inputs()) {
        Value value = values.get(tensor.name());
        if (value != null && !computed.contains(tensor)) {
          read.add(value);
        }
      }
      computed.addAll(node.outputs());
    }
    return List.copyOf(read);
  }

  @Override
  public List<Value> writes() {
    Set<Value> written = new LinkedHashSet<>();
    for (Node node : graph.nodes()) {
      for (GraphTensor tensor : node.outputs()) {
        Value value = values.get(tensor.name());
        if (value != null) {
          written.add(value);
        }
      }
    }
    return List.copyOf(written);
  }

  @Override
  public GraphLaunch map(UnaryOperator<Value> places) {
    Map<String, Value> mapped = new HashMap<>();
    values.forEach((name, value) -> mapped.put(name, places.apply(value)));
    return new GraphLaunch(graph, mapped);
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
