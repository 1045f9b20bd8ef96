package dev.residual.io.onnx;

import dev.residual.Backends;
import dev.residual.engine.Session;
import dev.residual.io.onnx.format.AttributeProto;
import dev.residual.io.onnx.format.DimensionProto;
import dev.residual.io.onnx.format.GraphProto;
import dev.residual.io.onnx.format.ModelProto;
import dev.residual.io.onnx.format.NodeProto;
import dev.residual.io.onnx.format.OperatorSetIdProto;
import dev.residual.io.onnx.format.TensorProto;
import dev.residual.io.onnx.format.TensorShapeProto;
import dev.residual.io.onnx.format.TensorTypeProto;
import dev.residual.io.onnx.format.TypeProto;
import dev.residual.io.onnx.format.ValueInfoProto;
import dev.residual.io.onnx.protobuf.ByteString;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** ONNX files, node by node. */
public final class OnnxFiles {
  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private int opset = 17;

  public OnnxFiles opset(int version) {
    opset = version;
    return this;
  }

  /** An input of floats; extents are numbers, or names. */
  public OnnxFiles input(String name, Object... extents) {
    graph.addInput(value(name, 1, extents));
    return this;
  }

  /** An input of a type of the format. */
  public OnnxFiles typedInput(String name, int type, Object... extents) {
    graph.addInput(value(name, type, extents));
    return this;
  }

  public OnnxFiles weights(String name, Tensor tensor) {
    return weights(OnnxTensors.proto(name, tensor));
  }

  public OnnxFiles weights(TensorProto tensor) {
    graph.addInitializer(tensor);
    return this;
  }

  /** Whole numbers, as shapes and axes are. */
  public OnnxFiles integers(String name, long... numbers) {
    return weights(name, Integers.vector(LongStream.of(numbers).boxed().toList()));
  }

  /** A node whose output has its name. */
  public OnnxFiles node(
      String type, String name, List<String> inputs, AttributeProto... attributes) {
    return node(
        NodeProto.newBuilder()
            .setOpType(type)
            .setName(name)
            .addAllInput(inputs)
            .addOutput(name)
            .addAllAttribute(Arrays.asList(attributes)));
  }

  public OnnxFiles node(NodeProto.Builder node) {
    graph.addNode(node);
    return this;
  }

  public OnnxFiles output(String... names) {
    for (String name : names) {
      graph.addOutput(value(name, 1));
    }
    return this;
  }

  public ModelProto build() {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
        .setGraph(graph)
        .build();
  }

  public Path write(Path folder) throws IOException {
    return Files.write(folder.resolve("model.onnx"), build().toByteArray());
  }

  OnnxModel model(Path folder) throws IOException {
    return OnnxModel.read(write(folder));
  }

  /** The first output of a graph for these inputs, in order. */
  public static Tensor run(OnnxModel model, Tensor... inputs) {
    List<String> names = model.inputs().stream().map(OnnxInput::name).toList();
    Map<String, Shape> shapes = new HashMap<>();
    for (int i = 0; i < inputs.length; i++) {
      shapes.put(names.get(i), inputs[i].shape());
    }
    OnnxGraph graph = model.graph(shapes);
    try (Session session = Backends.reference().compile(graph.graph())) {
      graph.weights().writeTo(session);
      for (int i = 0; i < inputs.length; i++) {
        if (session.graph().contains(graph.inputs().get(names.get(i)))) {
          session.write(graph.inputs().get(names.get(i)), inputs[i]);
        }
      }
      session.run();
      return session.read(graph.outputs().values().iterator().next());
    }
  }

  /** A network of colour images, n 3 h w of any size, for three classes. */
  public static OnnxFiles network() {
    return new OnnxFiles()
        .input("images", "N", 3, "H", "W")
        .weights("conv.weight", steps(1e-2, 4, 3, 3, 3))
        .weights("norm.weight", counting(4))
        .weights("norm.bias", counting(4))
        .weights("norm.running_mean", counting(4))
        .weights("norm.running_var", counting(4))
        .weights("fc.weight", steps(1e-1, 3, 4))
        .weights("fc.bias", counting(3))
        .node("Conv", "conv", List.of("images", "conv.weight"), integers("strides", List.of(2, 2)))
        .node(
            "BatchNormalization",
            "norm",
            List.of("conv", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"))
        .node("Relu", "relu", List.of("norm"))
        .node("GlobalAveragePool", "pool", List.of("relu"))
        .node("Flatten", "flat", List.of("pool"))
        .node("Gemm", "fc", List.of("flat", "fc.weight", "fc.bias"), integer("transB", 1))
        .node("Softmax", "probabilities", List.of("fc"), integer("axis", -1))
        .output("probabilities");
  }

  /** A tensor of multiples of a step. */
  private static Tensor steps(double step, int... dims) {
    Tensor tensor = counting(dims);
    for (int i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, step * tensor.get(i));
    }
    return tensor;
  }

  /** A tensor of the elements 1, 2 and so on. */
  public static Tensor counting(int... dims) {
    Tensor tensor = Tensor.zeros(DType.F32, Shape.of(dims));
    for (int i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, i + 1);
    }
    return tensor;
  }

  public static AttributeProto number(String name, double number) {
    return attribute(name, 1).setF((float) number).build();
  }

  public static AttributeProto integer(String name, long number) {
    return attribute(name, 2).setI(number).build();
  }

  public static AttributeProto text(String name, String text) {
    return attribute(name, 3).setS(ByteString.copyFromUtf8(text)).build();
  }

  public static AttributeProto tensor(String name, Tensor tensor) {
    return attribute(name, 4).setT(OnnxTensors.proto("", tensor)).build();
  }

  public static AttributeProto integers(String name, List<Integer> numbers) {
    AttributeProto.Builder attribute = attribute(name, 7);
    numbers.forEach(attribute::addInts);
    return attribute.build();
  }

  private static AttributeProto.Builder attribute(String name, int type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }

  private static ValueInfoProto value(String name, int type, Object... extents) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object extent : extents) {
      DimensionProto.Builder dim = DimensionProto.newBuilder();
      shape.addDim(
          extent instanceof Integer number
              ? dim.setDimValue(number)
              : dim.setDimParam(extent.toString()));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TensorTypeProto.newBuilder().setElemType(type).setShape(shape)))
        .build();
  }
}
