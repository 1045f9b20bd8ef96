package dev.residual.io.onnx;

import static dev.residual.io.onnx.OnnxFiles.counting;
import static dev.residual.io.onnx.OnnxFiles.integer;
import static dev.residual.io.onnx.OnnxFiles.integers;
import static dev.residual.io.onnx.OnnxFiles.number;
import static dev.residual.io.onnx.OnnxFiles.tensor;
import static dev.residual.io.onnx.OnnxFiles.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Linear;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.io.onnx.format.AttributeProto;
import dev.residual.io.onnx.format.ModelProto;
import dev.residual.io.onnx.format.NodeProto;
import dev.residual.io.onnx.format.OperatorSetIdProto;
import dev.residual.io.onnx.format.StringStringEntryProto;
import dev.residual.io.onnx.format.TensorProto;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelTest {
  private static final List<String> X = List.of("x");

  @TempDir Path folder;

  private static OnnxFiles images() {
    return new OnnxFiles().input("x", "N", 2, 4, 4);
  }

  private static List<String> kinds(OnnxGraph graph) {
    return graph.graph().ops().stream().map(Op::kind).toList();
  }

  private OnnxGraph graph(OnnxFiles file) throws IOException {
    return file.model(folder).graph(Map.of("x", Shape.of(2, 2, 4, 4)));
  }

  @Test
  void valuesHaveTheNamesOfTheFile() throws IOException {
    OnnxGraph graph =
        graph(
            images()
                .weights("conv.weight", counting(3, 2, 1, 1))
                .weights("conv.bias", counting(3))
                .node("Conv", "convolved", List.of("x", "conv.weight", "conv.bias"))
                .node("Relu", "y", List.of("convolved"))
                .output("y"));

    Value images = Value.input("x", Shape.of(2, 2, 4, 4));
    Conv2d conv = (Conv2d) graph.graph().ops().getFirst();
    assertThat(conv.src()).isEqualTo(images);
    assertThat(conv.weights()).isEqualTo(Value.parameter("conv.weight", Shape.of(3, 2, 1, 1)));
    assertThat(conv.bias()).isEqualTo(Value.parameter("conv.bias", Shape.of(3)));
    Value dst = Value.activation("convolved", Shape.of(2, 3, 4, 4));
    Value result = Value.activation("y", dst.shape());
    assertThat(graph.graph().ops()).containsExactly(conv, new Relu(dst, result));
    assertThat(graph.inputs()).containsExactly(Map.entry("x", images));
    assertThat(graph.outputs()).containsExactly(Map.entry("y", result));
    assertThat(graph.weights().tensors()).containsOnlyKeys("conv.weight", "conv.bias");
  }

  @Test
  void extentsMayBeOpen() throws IOException {
    OnnxModel model =
        new OnnxFiles().input("x", "N", 3, "H", 5).node("Relu", "y", X).output("y").model(folder);

    assertThat(model.inputs())
        .containsExactly(new OnnxInput("x", DType.F32, List.of("N", "3", "H", "5")));
    assertThat(model.graph(Map.of("x", Shape.of(1, 3, 7, 5))).outputs().get("y").shape())
        .isEqualTo(Shape.of(1, 3, 7, 5));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.graph(Map.of()))
        .withMessage(
            folder.resolve("model.onnx")
                + ": input 'x' F32 Nx3xHx5: the file leaves extent N open, so it must be given");
  }

  /** As exporters write {@code x.view(x.size(0), -1)}. */
  @Test
  void shapesAreComputedWhenAGraphIsRead() throws IOException {
    OnnxGraph graph =
        graph(
            images()
                .integers("zero", 0)
                .node("Shape", "shape", X)
                .node("Gather", "n", List.of("shape", "zero"))
                .node("Constant", "rest", List.of(), tensor("value", Integers.vector(List.of(-1L))))
                .node("Concat", "rows", List.of("n", "rest"), integer("axis", 0))
                .node("Reshape", "flat", List.of("x", "rows"))
                .weights("w", counting(32, 3))
                .node("MatMul", "y", List.of("flat", "w"))
                .output("y"));

    assertThat(kinds(graph)).containsExactly("Reshape", "Linear");
    Linear linear = (Linear) graph.graph().ops().getLast();
    assertThat(linear.weights()).isEqualTo(Value.parameter("w", Shape.of(3, 32)));
    assertThat(graph.weights().get("w").toFloats()).startsWith(1, 4, 7).endsWith(93, 96);
  }

  @Test
  void operationsOnConstantsAreDoneWhenAGraphIsRead() throws IOException {
    OnnxGraph graph =
        graph(
            images()
                .weights("a", Tensor.of(Shape.of(2, 1, 1), -1f, 2f))
                .node("Relu", "b", List.of("a"))
                .node("Add", "c", List.of("b", "b"))
                .node("Mul", "y", List.of("x", "c"))
                .output("y"));

    assertThat(kinds(graph)).containsExactly("Binary");
    assertThat(graph.weights().tensors()).containsOnlyKeys("c");
    assertThat(graph.weights().get("c").toFloats()).containsExactly(0, 4);
  }

  @Test
  void constantsThatAreAddedBecomeBiases() throws IOException {
    OnnxGraph graph =
        graph(
            images()
                .weights("w", counting(3, 2, 1, 1))
                .weights("b", counting(3, 1, 1))
                .node("Conv", "convolved", List.of("x", "w"))
                .node("Add", "y", List.of("b", "convolved"))
                .output("y"));

    assertThat(kinds(graph)).containsExactly("Conv2d");
    assertThat(((Conv2d) graph.graph().ops().getFirst()).bias())
        .isEqualTo(Value.parameter("b", Shape.of(3)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"convolved", "same"})
  void whatIsReadTwiceGetsNoBias(String summand) throws IOException {
    OnnxGraph graph =
        graph(
            images()
                .weights("w", counting(3, 2, 1, 1))
                .weights("b", counting(3, 1, 1))
                .node("Conv", "convolved", List.of("x", "w"))
                .node("Identity", "same", List.of("convolved"))
                .node("Add", "sum", List.of("b", summand))
                .node("Mul", "y", List.of("sum", "convolved"))
                .output("y"));

    assertThat(kinds(graph)).containsExactly("Conv2d", "Binary", "Binary");
  }

  @Test
  void whatNoOutputNeedsIsLeftOut() throws IOException {
    OnnxGraph graph =
        graph(
            images()
                .weights("w", counting(3, 2, 1, 1))
                .node("Conv", "unread", List.of("x", "w"))
                .node("Relu", "y", X)
                .output("y"));

    assertThat(kinds(graph)).containsExactly("Relu");
    assertThat(graph.weights().tensors()).isEmpty();
  }

  @Test
  void outputsMayBeInputsAndTheSameValueTwice() throws IOException {
    OnnxModel model =
        images()
            .node("Identity", "a", X)
            .node("Relu", "b", X)
            .node("Identity", "c", List.of("b"))
            .output("a", "b", "c")
            .model(folder);
    OnnxGraph graph = model.graph(Map.of("x", Shape.of(1, 2, 4, 4)));

    assertThat(graph.outputs()).containsOnlyKeys("a", "b", "c");
    assertThat(graph.graph().outputs()).hasSize(3);
    assertThat(OnnxFiles.run(model, counting(1, 2, 4, 4)).toFloats()).startsWith(1, 2);
  }

  @Test
  void statisticsAreStates() throws IOException {
    OnnxGraph graph =
        graph(
            images()
                .weights("v", counting(2))
                .node("BatchNormalization", "y", List.of("x", "v", "v", "v", "v"))
                .output("y"));

    assertThat(graph.graph().values(Role.STATE)).hasSize(1);
    graph.weights().check(graph.graph());
  }

  @Test
  void halvesAreComputedAsFloats() throws IOException {
    OnnxModel model =
        new OnnxFiles()
            .typedInput("x", 10, 1, 2, 1, 2)
            .weights("w", counting(1, 2, 1, 1).to(DType.F16))
            .node("Conv", "convolved", List.of("x", "w"))
            .node("Cast", "y", List.of("convolved"), integer("to", 1))
            .output("y")
            .model(folder);

    assertThat(OnnxFiles.run(model, counting(1, 2, 1, 2)).toFloats()).containsExactly(7, 10);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        argumentSet(
            "unknown operation",
            images().node("Erf", "y", X),
            "node 'y' (Erf): this operation of opset 17 is not supported; these are: Add "),
        argumentSet(
            "unknown attribute",
            images().node("Relu", "y", X, integer("threshold", 1)),
            "node 'y' (Relu): the attribute 'threshold' is not supported"),
        argumentSet(
            "attribute of another type",
            images().node("LeakyRelu", "y", X, integer("alpha", 1)),
            "node 'y' (LeakyRelu): the attribute 'alpha' is no FLOAT"),
        argumentSet(
            "value that nothing defines",
            images().node("Relu", "y", List.of("z")),
            "node 'y' (Relu): nothing before it defines 'z'"),
        argumentSet(
            "input that is not given",
            images().node("Relu", "y", List.of()),
            "node 'y' (Relu): input 0 is not given"),
        argumentSet(
            "output that is left out",
            images()
                .node(
                    NodeProto.newBuilder()
                        .setOpType("Dropout")
                        .setName("drop")
                        .addInput("x")
                        .addOutput("z")
                        .addOutput("mask"))
                .node("Relu", "y", List.of("mask")),
            "node 'y' (Relu): output 1 of node 'drop' (Dropout) is not supported, which is 'mask'"),
        argumentSet(
            "images of three extents",
            new OnnxFiles().input("x", 1, 1, 2, 2, 2).node("GlobalAveragePool", "y", X),
            "node 'y' (GlobalAveragePool): input 0 is 1x1x2x2x2;"
                + " images n c h w and signals n c w are supported"),
        argumentSet(
            "places of the largest elements",
            images()
                .node(
                    NodeProto.newBuilder()
                        .setOpType("MaxPool")
                        .addInput("x")
                        .addOutput("y")
                        .addOutput("places")
                        .addAttribute(integers("kernel_shape", List.of(2, 2)))),
            "node 'y' (MaxPool): the places of the largest elements are not supported"),
        argumentSet(
            "shape that is computed",
            images().input("shape", 2).node("Reshape", "y", List.of("x", "shape")),
            "node 'y' (Reshape): input 1 is computed, and must be constant"),
        argumentSet(
            "shape that does not fit",
            images().integers("s", 5, -1).node("Reshape", "y", List.of("x", "s")),
            "node 'y' (Reshape): the shape [5, -1] for 2x2x4x4"),
        argumentSet(
            "doubles",
            new OnnxFiles().typedInput("x", 11, 1, 2, 4, 4).node("Relu", "y", X),
            "node 'y' (Relu): input 0 is F64, which is supported only where it is constant"),
        argumentSet(
            "integers",
            new OnnxFiles().typedInput("x", 7, 1, 2, 4, 4).node("Add", "y", List.of("x", "x")),
            "node 'y' (Add): input 0 is I64, which is supported only where it is constant"),
        argumentSet(
            "random dropout",
            images()
                .weights("ratio", Tensor.of(Shape.SCALAR, 0.5f))
                .integers("training", 1)
                .node("Dropout", "y", List.of("x", "ratio", "training")),
            "node 'y' (Dropout): drops elements at random; export the network for inference"),
        argumentSet(
            "weights of other extents",
            images().weights("w", counting(3, 5, 1, 1)).node("Conv", "y", List.of("x", "w")),
            "node 'y' (Conv): Conv2d: w F32 3x5x1x1 must have shape 3x2x1x1"),
        argumentSet(
            "padding by wrapping",
            images()
                .opset(7)
                .node(
                    "Pad",
                    "y",
                    X,
                    integers("pads", List.of(0, 0, 1, 1, 0, 0, 1, 1)),
                    text("mode", "wrap")),
            "node 'y' (Pad): the attribute 'mode' is 'wrap'; constant, edge and reflect are"
                + " supported"),
        argumentSet(
            "batches of matrices",
            new OnnxFiles().input("x", 20, 20, 2, 2).node("MatMul", "y", List.of("x", "x")),
            "node 'y' (MatMul): 400 products of matrices, at most 256 are supported"),
        argumentSet(
            "batch norm of old",
            images()
                .opset(6)
                .weights("v", counting(2))
                .node("BatchNormalization", "y", List.of("x", "v", "v", "v", "v")),
            "node 'y' (BatchNormalization): opset 6 is not supported, from 7 on it is"),
        argumentSet(
            "tensor without elements",
            images()
                .weights(TensorProto.newBuilder().setName("s").setDataType(7).addDims(0).build())
                .node("Reshape", "y", List.of("x", "s")),
            "node 'y' (Reshape): 's' has no elements, or none that are numbers"),
        argumentSet(
            "constants without end",
            images()
                .integers("huge", 1 << 20, 1 << 20)
                .node("ConstantOfShape", "y", List.of("huge")),
            "node 'y' (ConstantOfShape): the constants are larger than those of any network"));
  }

  @ParameterizedTest
  @MethodSource
  void refused(OnnxFiles file, String reason) throws IOException {
    OnnxModel model = file.output("y").model(folder);
    Map<String, Shape> shapes =
        model.inputs().getFirst().extents().contains("N")
            ? Map.of("x", Shape.of(2, 2, 4, 4))
            : Map.of();

    assertThatExceptionOfType(UnsupportedNodeException.class)
        .isThrownBy(() -> model.graph(shapes))
        .withMessageStartingWith(folder.resolve("model.onnx") + ": " + reason);
  }

  private static StringStringEntryProto entry(String key, Object value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value.toString()).build();
  }

  private OnnxModel external(String location, Object offset, Object length) throws IOException {
    TensorProto weights =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(1)
            .addDims(2)
            .setDataLocation(1)
            .addExternalData(entry("location", location))
            .addExternalData(entry("offset", offset))
            .addExternalData(entry("length", length))
            .build();
    return new OnnxFiles()
        .input("x", 1, 2)
        .weights(weights)
        .node("Add", "y", List.of("x", "w"))
        .output("y")
        .model(folder);
  }

  @Test
  void weightsMayLieInOtherFiles() throws IOException {
    Path data = Files.createDirectory(folder.resolve("data")).resolve("weights.bin");
    byte[] elements = OnnxTensors.proto("", counting(3)).getRawData().toByteArray();
    Files.write(data, elements);

    OnnxModel model = external("data/weights.bin", 4, 8);

    assertThat(OnnxFiles.run(model, counting(1, 2)).toFloats()).containsExactly(3, 5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../weights.bin",
        "../missing.bin",
        "/etc/passwd",
        "",
        "a/../../weights.bin",
        "\0",
        "link/weights.bin"
      })
  void otherFilesLieBelowTheModel(String location) throws IOException {
    Files.createSymbolicLink(folder.resolve("link"), folder.getParent());
    Files.write(folder.resolveSibling("weights.bin"), new byte[8]);

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> external(location, 0, 8))
        .withMessageStartingWith(folder.resolve("model.onnx") + ": tensor 'w': external data");
  }

  @Test
  void otherFilesHoldWhatTheModelSays() throws IOException {
    Files.write(folder.resolve("weights.bin"), new byte[16]);

    for (Object offset : List.of(9, Long.MAX_VALUE, -1, "many")) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> external("weights.bin", offset, 8))
          .withMessageContaining("tensor 'w': ");
    }
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> external("weights.bin", 0, 12))
        .withMessageEndingWith("tensor 'w': external data of 12 bytes, expected 8");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> external("missing.bin", 0, 8))
        .withMessageEndingWith("missing.bin: no such file");
  }

  @Test
  void otherFilesAreNoModels() throws IOException {
    Path file = Files.writeString(folder.resolve("model.onnx"), "not at all");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> OnnxModel.read(file))
        .withMessageStartingWith(file + ": ");
    Files.write(file, ModelProto.newBuilder().setIrVersion(8).build().toByteArray());
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> OnnxModel.read(file))
        .withMessage(file + ": is no ONNX model: it has no graph with outputs");
    Files.writeString(file, "weights are not here");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> OnnxModel.read(file))
        .withMessageStartingWith(file + ": is no ONNX model, or damaged: ");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> OnnxModel.read(folder.resolve("missing.onnx")))
        .withMessageEndingWith("missing.onnx: no such file");
  }

  @Test
  void attributesMayHaveNoType() throws IOException {
    AttributeProto untyped = number("alpha", 0.5).toBuilder().clearType().build();
    OnnxModel model = images().node("LeakyRelu", "y", X, untyped).output("y").model(folder);

    assertThat(OnnxFiles.run(model, Tensor.of(Shape.of(1, 1, 1, 1), -4f)).toFloats())
        .containsExactly(-2);
  }

  @Test
  void operationsOfOtherDomainsAreRefused() throws IOException {
    Path file = folder.resolve("model.onnx");
    ModelProto model =
        images()
            .node(
                NodeProto.newBuilder()
                    .setDomain("com.example")
                    .setOpType("Relu")
                    .addInput("x")
                    .addOutput("y"))
            .output("y")
            .build();
    Files.write(
        file,
        model.toBuilder()
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("com.example").setVersion(1))
            .build()
            .toByteArray());
    OnnxModel read = OnnxModel.read(file);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> read.graph(Map.of("x", Shape.of(1, 2, 4, 4))))
        .withMessageContaining("node 'y' (com.example.Relu): this operation");
  }
}
