package dev.residual.io.onnx;

import static dev.residual.io.onnx.OnnxFiles.integer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.Backends;
import dev.residual.engine.Session;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.io.onnx.format.TensorProto;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizedNodesTest {
  private static final Tensor SRC = Tensor.of(Shape.of(1, 2, 1, 2), -100f, 0.24f, 0.26f, 100f);

  @TempDir Path folder;

  private static Tensor scalar(double scale) {
    return Tensor.of(Shape.SCALAR, (float) scale);
  }

  private static Tensor zero(DType type, int zero) {
    return scalar(zero).to(type);
  }

  private static OnnxFiles rounded(DType type, int zero) {
    return new OnnxFiles()
        .input("x", 1, 2, 1, 2)
        .weights("scale", scalar(0.5))
        .weights("zero", zero(type, zero))
        .node("QuantizeLinear", "q", List.of("x", "scale", "zero"));
  }

  private static OnnxFiles back(OnnxFiles file) {
    return file.node("DequantizeLinear", "y", List.of("q", "scale", "zero")).output("y");
  }

  @Test
  void integersHaveZeroPoints() throws IOException {
    Tensor unsigned = OnnxFiles.run(rounded(DType.U8, 10).output("q").model(folder), SRC);
    assertThat(unsigned.dtype()).isEqualTo(DType.U8);
    assertThat(unsigned.toDoubles()).containsExactly(0, 10, 11, 210);

    Tensor signed = OnnxFiles.run(rounded(DType.S8, -10).output("q").model(folder), SRC);
    assertThat(signed.dtype()).isEqualTo(DType.S8);
    assertThat(signed.toDoubles()).containsExactly(-128, -10, -9, 127);
  }

  @Test
  void integersStandForFloats() throws IOException {
    assertThat(OnnxFiles.run(back(rounded(DType.U8, 10)).model(folder), SRC).toFloats())
        .containsExactly(-5, 0, 0.5f, 100);
    assertThat(OnnxFiles.run(back(rounded(DType.S8, 0)).model(folder), SRC).toFloats())
        .containsExactly(-64, 0, 0.5f, 63.5f);
  }

  @Test
  void scalesMayBeThoseOfChannels() throws IOException {
    OnnxModel model =
        new OnnxFiles()
            .input("x", 1, 2, 1, 2)
            .weights("scale", Tensor.of(Shape.of(2), 0.5f, 2f))
            .weights("zero", Tensor.of(Shape.of(2), 1f, 2f).to(DType.U8))
            .node("QuantizeLinear", "q", List.of("x", "scale", "zero"))
            .node("DequantizeLinear", "y", List.of("q", "scale", "zero"))
            .output("y")
            .model(folder);

    assertThat(OnnxFiles.run(model, SRC).toFloats()).containsExactly(-0.5f, 0, 0, 100);
  }

  @Test
  void integersArePooled() throws IOException {
    OnnxModel model =
        back(rounded(DType.U8, 10)
                .node("GlobalMaxPool", "pool", List.of("q"))
                .node("DequantizeLinear", "z", List.of("pool", "scale", "zero")))
            .output("z")
            .model(folder);
    OnnxGraph graph = model.graph(Map.of());

    assertThat(graph.outputs().get("z").shape()).isEqualTo(Shape.of(1, 2, 1, 1));
    assertThat(run(graph, "z").toFloats()).containsExactly(0, 100);
  }

  /** Images of the zero point 0, one scale for each kernel, a ReLU, and a rounded result. */
  private OnnxGraph convolution(int zero) throws IOException {
    return rounded(DType.U8, zero)
        .node("DequantizeLinear", "images", List.of("q", "scale", "zero"))
        .weights("kernels", Tensor.of(Shape.of(2, 2, 1, 1), 1f, -2f, 3f, 4f).to(DType.S8))
        .weights("kernel scales", Tensor.of(Shape.of(2), 0.1f, 0.2f))
        .node("DequantizeLinear", "w", List.of("kernels", "kernel scales"), integer("axis", 0))
        .weights("b", Tensor.of(Shape.of(2), 30f, 1f))
        .node("Conv", "conv", List.of("images", "w", "b"))
        .node("Relu", "relu", List.of("conv"))
        .node("QuantizeLinear", "rounded", List.of("relu", "scale", "zero"))
        .node("DequantizeLinear", "y", List.of("rounded", "scale", "zero"))
        .output("y")
        .model(folder)
        .graph(Map.of());
  }

  private static Tensor run(OnnxGraph graph, String output) {
    try (Session session = Backends.reference().compile(graph.graph())) {
      graph.weights().writeTo(session);
      session.write(graph.inputs().get("x"), SRC);
      session.run();
      return session.read(graph.outputs().get(output));
    }
  }

  @Test
  void convolutionsComputeWithIntegers() throws IOException {
    OnnxGraph floats = convolution(0);
    OnnxGraph integers = floats.withIntegers(op -> true);

    assertThat(integers.graph().ops().stream().map(Op::kind))
        .containsExactly("Quantize", "QuantizedConv2d", "Dequantize");
    QuantizedConv2d conv = (QuantizedConv2d) integers.graph().ops().get(1);
    assertThat(conv.relu()).isTrue();
    assertThat(integers.weights().get("w").dtype()).isEqualTo(DType.S8);
    assertThat(integers.weights().get("w.scale").toFloats()).containsExactly(0.1f, 0.2f);
    integers.weights().check(integers.graph());
    // -100 becomes 0, 0.26 becomes 0.5, and 100 stays.
    assertThat(run(integers, "y").toFloats()).containsExactly(30, 10, 1.5f, 81);
    assertThat(run(floats, "y").toFloats()).containsExactly(30, 10, 1.5f, 81);
  }

  @Test
  void convolutionsOfOtherZeroPointsComputeWithFloats() throws IOException {
    assertThat(convolution(3).withIntegers(op -> true).graph().ops())
        .noneMatch(QuantizedConv2d.class::isInstance);
    assertThat(convolution(0).withIntegers(op -> !(op instanceof QuantizedConv2d)).graph().ops())
        .noneMatch(QuantizedConv2d.class::isInstance);
  }

  @Test
  void nodesMayTakeAndGiveIntegers() throws IOException {
    TensorProto bias = OnnxTensors.proto("b", Tensor.of(Shape.of(1), 10f).to(DType.I32));
    OnnxModel model =
        rounded(DType.U8, 0)
            .weights("w", Tensor.of(Shape.of(1, 2, 1, 1), 1f, 2f).to(DType.S8))
            .weights("w scale", scalar(0.1))
            .weights("w zero", zero(DType.S8, 0))
            .weights(bias)
            .weights("y scale", scalar(1))
            .weights("y zero", zero(DType.U8, 5))
            .node(
                "QLinearConv",
                "conv",
                List.of("q", "scale", "zero", "w", "w scale", "w zero", "y scale", "y zero", "b"))
            .output("conv")
            .model(folder);

    // 10 * 0.5 * 0.1 + 0.5 * 0.2 and 0.5 + 100 * 0.2, with the zero point 5.
    assertThat(OnnxFiles.run(model, SRC).toDoubles()).containsExactly(6, 26);
  }

  @Test
  void scalesArePositive() throws IOException {
    OnnxModel model =
        new OnnxFiles()
            .input("x", 1)
            .weights("scale", scalar(0))
            .node("QuantizeLinear", "y", List.of("x", "scale"))
            .output("y")
            .model(folder);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.graph(Map.of()))
        .withMessageEndingWith("node 'y' (QuantizeLinear): a scale of 0.0");
  }
}
