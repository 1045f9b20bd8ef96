package dev.residual.io.onnx;

import dev.residual.graph.Graph;
import dev.residual.graph.Reshape;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.io.files.FileErrors;
import dev.residual.io.onnx.format.GraphProto;
import dev.residual.io.onnx.format.NodeProto;
import dev.residual.io.onnx.format.ValueInfoProto;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The translation of a file's graph, node by node. */
record GraphReader(
    OnnxFile file,
    Map<String, Tensor> constants,
    Map<String, String> unreadable,
    List<OnnxInput> inputs) {

  /** Names of all operations have room. */
  private static final int LONGEST = 700;

  OnnxGraph read(Map<String, Shape> shapes, Map<String, Tensor> fixed) {
    GraphProto proto = file.model().getGraph();
    // Constants may be attributes of nodes, too, where an element has a byte at least.
    long elements =
        2L * proto.getSerializedSize()
            + 4 * constants.values().stream().mapToLong(t -> t.shape().elements()).sum();
    Translation translation = new Translation(names(proto), reads(proto), elements);
    try {
      constants.forEach((name, tensor) -> translation.define(Operand.constant(name, tensor)));
      fixed.forEach((name, tensor) -> translation.define(Operand.constant(name, tensor)));
      Map<String, Value> written = inputs(shapes, fixed, translation);
      for (NodeProto each : proto.getNodeList()) {
        translate(each, translation);
      }
      Map<String, Value> read = outputs(proto, translation);
      return graph(translation, written, read);
    } catch (UnsupportedNodeException e) {
      throw new UnsupportedNodeException(in(e), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(in(e), e);
    }
  }

  private String in(Exception e) {
    String message = String.valueOf(e.getMessage());
    boolean cut = message.length() > LONGEST;
    String reason = cut ? message.substring(0, LONGEST) + "..." : message;
    return FileErrors.printable(file.path() + ": " + reason);
  }

  private static Set<String> names(GraphProto proto) {
    Set<String> names = new HashSet<>();
    proto.getInputList().forEach(input -> names.add(input.getName()));
    proto.getInitializerList().forEach(tensor -> names.add(tensor.getName()));
    proto.getNodeList().forEach(node -> names.addAll(node.getOutputList()));
    return names;
  }

  private static Map<String, Integer> reads(GraphProto proto) {
    Map<String, Integer> reads = new HashMap<>();
    for (NodeProto node : proto.getNodeList()) {
      node.getInputList().forEach(name -> reads.merge(name, 1, Integer::sum));
    }
    proto.getOutputList().forEach(output -> reads.merge(output.getName(), 1, Integer::sum));
    return reads;
  }

  private Map<String, Value> inputs(
      Map<String, Shape> shapes, Map<String, Tensor> fixed, Translation to) {
    Map<String, Value> values = new LinkedHashMap<>();
    for (OnnxInput input : inputs) {
      if (fixed.containsKey(input.name())) {
        continue;
      }
      Shape shape = shapes.get(input.name());
      shape = shape == null ? input.shape(Map.of()) : shape;
      if (input.isImages() && input.extent(0) > 0) {
        to.rows(new Rows(input.extent(0), shape.dim(0)));
      }
      DType type = input.dtype().isHalf() ? DType.F32 : input.dtype();
      Value value = Value.input(input.name(), shape, type);
      values.put(input.name(), value);
      to.define(Operand.computed(input.name(), value));
    }
    return values;
  }

  private void translate(NodeProto proto, Translation to) {
    Node node = new Node(proto, file.opsets());
    for (String name : proto.getInputList()) {
      String reason = unreadable.get(name);
      node.require(reason == null, "%s %s", FileErrors.quote(name), reason);
    }
    try {
      NodeTypes.translate(node, to);
    } catch (UnsupportedNodeException e) {
      throw e;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new UnsupportedNodeException(node + ": " + e.getMessage(), e);
    }
    for (int i = 0; i < node.outputs(); i++) {
      to.refuseUnlessDefined(node, i);
    }
  }

  /** The values of the outputs: each computed, under its shape, and no other's. */
  private static Map<String, Value> outputs(GraphProto proto, Translation to) {
    Map<String, Value> values = new LinkedHashMap<>();
    Set<Value> taken = new HashSet<>();
    for (ValueInfoProto output : proto.getOutputList()) {
      Value value = to.value(to.operand("the graph", output.getName()));
      if (value.role() != Role.ACTIVATION || !taken.add(value)) {
        Value copy = Value.activation(to.unique(output.getName()), value.shape(), value.dtype());
        value = to.add(new Reshape(value, copy));
      }
      values.put(output.getName(), value);
    }
    return values;
  }

  /** The graph without operations that no output needs. */
  private static OnnxGraph graph(
      Translation translation, Map<String, Value> inputs, Map<String, Value> outputs) {
    Graph graph = Graph.needed(translation.ops(), outputs.values());
    return new OnnxGraph(
        graph, inputs, outputs, weights(graph, translation.weights()), translation.integers());
  }

  private static Weights weights(Graph graph, Map<String, Tensor> all) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    Collection<Value> values = graph.values();
    for (Value value : values) {
      if (value.role() == Role.PARAMETER || value.role() == Role.STATE) {
        Tensor tensor = all.get(value.name());
        if (tensor != null) {
          weights.put(value.name(), tensor);
        }
      }
    }
    return new Weights(weights);
  }
}
