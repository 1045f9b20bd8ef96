package dev.residual.nn;

import dev.residual.engine.Session;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The weights of a network: tensors by name.
 *
 * <p>The weights of a graph are its parameters and the running statistics of its batch
 * normalisations ({@link #values}). Other states, as an optimiser's, are no weights, but can be
 * carried by the methods that name the values.
 *
 * @param tensors by name, in an order that is kept; unmodifiable, though tensors are mutable
 */
public record Weights(Map<String, Tensor> tensors) {
  private static final int LISTED = 3;

  /** Copies the map, not the tensors. */
  public Weights {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * The tensor of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "no weights named " + name + " among " + tensors.size() + " tensors");
    }
    return tensor;
  }

  /**
   * The values of a graph that weights hold, in the graph's order: parameters, and the running
   * statistics of batch normalisations.
   */
  public static List<Value> values(Graph graph) {
    Set<Value> statistics = new HashSet<>();
    for (Op op : graph.ops()) {
      if (op instanceof BatchNorm norm) {
        statistics.add(norm.runningMean());
        statistics.add(norm.runningVariance());
      } else if (op instanceof BatchNormInference norm) {
        statistics.add(norm.mean());
        statistics.add(norm.variance());
      }
    }
    return graph.values().stream()
        .filter(
            value ->
                value.role() == Role.PARAMETER
                    || (value.role() == Role.STATE && statistics.contains(value)))
        .toList();
  }

  /**
   * Those of these weights that a graph has, in its order.
   *
   * @throws IllegalArgumentException if one is missing
   */
  public Weights of(Graph graph) {
    Map<String, Tensor> kept = new LinkedHashMap<>();
    values(graph).forEach(value -> kept.put(value.name(), get(value.name())));
    return new Weights(kept);
  }

  /**
   * Checks that these are the weights of a graph: the same names and shapes. Element types may
   * differ, and PyTorch's counters {@code num_batches_tracked} are passed over.
   *
   * @throws IllegalArgumentException if they are not, naming the first differences
   */
  public void check(Graph graph) {
    List<Value> values = values(graph);
    List<String> differences = differences(values);
    Set<String> names = values.stream().map(Value::name).collect(Collectors.toSet());
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      String name = entry.getKey();
      if (!names.contains(name) && !isCounter(name)) {
        differences.add(name + " " + entry.getValue().shape() + " is unexpected");
      }
    }
    require(differences);
  }

  /**
   * Writes all weights of a session's graph, converted to the types of its values.
   *
   * @throws IllegalArgumentException if these are not the weights of that graph
   */
  public void writeTo(Session session) {
    check(session.graph());
    write(session, values(session.graph()));
  }

  /**
   * Writes these values of a session, converted to their types. Other tensors are passed over.
   *
   * @throws IllegalArgumentException if one is missing or has another shape
   */
  public void writeTo(Session session, Collection<Value> values) {
    require(differences(values));
    write(session, values);
  }

  /** Copies all weights out of a session. */
  public static Weights readFrom(Session session) {
    return readFrom(session, values(session.graph()));
  }

  /** Copies these values out of a session. */
  public static Weights readFrom(Session session, Collection<Value> values) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Value value : values) {
      tensors.put(value.name(), session.read(value));
    }
    return new Weights(tensors);
  }

  @Override
  public String toString() {
    return "Weights[" + tensors.size() + " tensors]";
  }

  private void write(Session session, Collection<Value> values) {
    for (Value value : values) {
      session.write(value, get(value.name()).to(value.dtype()));
    }
  }

  private List<String> differences(Collection<Value> values) {
    List<String> differences = new ArrayList<>();
    for (Value value : values) {
      Tensor tensor = tensors.get(value.name());
      if (tensor == null) {
        differences.add(value.name() + " " + value.shape() + " is missing");
      } else if (!tensor.shape().equals(value.shape())) {
        differences.add(value.name() + " is " + tensor.shape() + ", expected " + value.shape());
      }
    }
    return differences;
  }

  private static void require(List<String> differences) {
    if (differences.isEmpty()) {
      return;
    }
    String listed = String.join("; ", differences.subList(0, Math.min(LISTED, differences.size())));
    int others = differences.size() - LISTED;
    throw new IllegalArgumentException(
        "the weights do not fit the graph: "
            + listed
            + (others > 0 ? "; and " + others + " more" : ""));
  }

  private static boolean isCounter(String name) {
    return name.endsWith("num_batches_tracked");
  }
}
