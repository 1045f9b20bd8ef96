package dev.residual.io.onnx;

import dev.residual.graph.Value;
import dev.residual.io.onnx.format.AttributeProto;
import dev.residual.io.onnx.format.DimensionProto;
import dev.residual.io.onnx.format.GraphProto;
import dev.residual.io.onnx.format.NodeProto;
import dev.residual.io.onnx.format.TensorProto;
import dev.residual.io.onnx.format.TensorShapeProto;
import dev.residual.io.onnx.format.TensorTypeProto;
import dev.residual.io.onnx.format.TypeProto;
import dev.residual.io.onnx.format.ValueInfoProto;
import dev.residual.io.onnx.protobuf.ByteString;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Builds a graph of ONNX: nodes, their constants, inputs and outputs. */
final class GraphWriter {
  /** The name of the extent that a caller chooses. */
  private static final String BATCH = "batch";

  private static final int FLOAT = 1;
  private static final int INTS = 7;
  private static final int INT = 2;
  private static final int STRING = 3;

  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final Set<String> constants = new HashSet<>();

  GraphWriter(String name) {
    graph.setName(name);
  }

  GraphProto graph() {
    return graph.build();
  }

  void input(Value value) {
    graph.addInput(info(value));
  }

  void output(Value value) {
    graph.addOutput(info(value));
  }

  void initializer(TensorProto tensor) {
    graph.addInitializer(tensor);
  }

  /** Adds a node with one result, and returns the result. */
  String node(String type, List<String> inputs, String output, AttributeProto... attributes) {
    NodeProto.Builder node =
        NodeProto.newBuilder().setOpType(type).setName(output).addAllInput(inputs);
    graph.addNode(node.addOutput(output).addAllAttribute(List.of(attributes)));
    return output;
  }

  /** A constant vector of integers. */
  String integers(String name, long... numbers) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setDataType(ElementType.INT64.code()).addDims(numbers.length);
    for (long number : numbers) {
      tensor.addInt64Data(number);
    }
    return constant(name, tensor);
  }

  /** A constant number. */
  String number(String name, double number) {
    return constant(
        name,
        TensorProto.newBuilder()
            .setDataType(ElementType.FLOAT.code())
            .addFloatData((float) number));
  }

  /** A constant for each channel, to be broadcast over images. */
  String channels(String name, List<Float> numbers) {
    return constant(
        name,
        TensorProto.newBuilder()
            .setDataType(ElementType.FLOAT.code())
            .addAllDims(List.of(1L, (long) numbers.size(), 1L, 1L))
            .addAllFloatData(numbers));
  }

  /** The zero of a type of 8-bit integers. */
  String zero(Value value) {
    int type = ElementType.of(value.dtype()).code();
    return constant(
        "zero." + value.dtype(),
        TensorProto.newBuilder().setDataType(type).setRawData(ByteString.copyFrom(new byte[1])));
  }

  private String constant(String name, TensorProto.Builder tensor) {
    if (constants.add(name)) {
      graph.addInitializer(tensor.setName(name));
    }
    return name;
  }

  static AttributeProto attribute(String name, long number) {
    return AttributeProto.newBuilder().setName(name).setType(INT).setI(number).build();
  }

  static AttributeProto attribute(String name, double number) {
    return AttributeProto.newBuilder().setName(name).setType(FLOAT).setF((float) number).build();
  }

  static AttributeProto attribute(String name, String text) {
    ByteString bytes = ByteString.copyFromUtf8(text);
    return AttributeProto.newBuilder().setName(name).setType(STRING).setS(bytes).build();
  }

  static AttributeProto attribute(String name, List<Integer> numbers) {
    AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name).setType(INTS);
    numbers.forEach(attribute::addInts);
    return attribute.build();
  }

  /** The type of a value of any batch. */
  private static ValueInfoProto info(Value value) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    shape.addDim(DimensionProto.newBuilder().setDimParam(BATCH));
    for (int i = 1; i < value.shape().rank(); i++) {
      shape.addDim(DimensionProto.newBuilder().setDimValue(value.shape().dim(i)));
    }
    TensorTypeProto.Builder type =
        TensorTypeProto.newBuilder()
            .setElemType(ElementType.of(value.dtype()).code())
            .setShape(shape);
    return ValueInfoProto.newBuilder()
        .setName(value.name())
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }
}
