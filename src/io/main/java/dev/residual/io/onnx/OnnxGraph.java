package dev.residual.io.onnx;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.nn.Weights;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The graph of an ONNX file for given extents of its inputs. Values of graph and file have the same
 * names; constants are parameters.
 *
 * @param graph the forward computation
 * @param inputs the values that the caller writes, by the names in the file
 * @param outputs the values that the caller reads, by the names in the file
 * @param weights the constants that the graph reads
 * @param integers those of the weights that the file holds as 8-bit integers
 */
public record OnnxGraph(
    Graph graph,
    Map<String, Value> inputs,
    Map<String, Value> outputs,
    Weights weights,
    Map<String, QuantizedConstant> integers) {

  /** Copies the maps. */
  public OnnxGraph {
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    integers = Map.copyOf(integers);
  }

  /**
   * This graph with convolutions that compute with 8-bit integers where the file has them.
   *
   * @param supports whether the backend can run an operation, as {@code backend::supports}
   */
  public OnnxGraph withIntegers(Predicate<Op> supports) {
    return IntegerConvolutions.of(this, supports);
  }
}
