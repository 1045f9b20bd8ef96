package dev.residual.io.onnx;

import static dev.residual.io.onnx.OnnxFiles.counting;
import static dev.residual.io.onnx.OnnxFiles.integer;
import static dev.residual.io.onnx.OnnxFiles.integers;
import static dev.residual.io.onnx.OnnxFiles.number;
import static dev.residual.io.onnx.OnnxFiles.tensor;
import static dev.residual.io.onnx.OnnxFiles.text;

import dev.residual.io.attack.AttackTarget;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The reader of ONNX files, with a file that has a node of each family. */
public final class OnnxTargets {
  private static final long MOST_MEMORY = 200L << 20;

  private OnnxTargets() {}

  public static List<AttackTarget> all() {
    byte[] seed = valid().build().toByteArray();
    return List.of(
        AttackTarget.of("onnx", "model.onnx", OnnxTargets::read, List.of(seed))
            .withMemory(MOST_MEMORY));
  }

  private static void read(Path file) throws IOException {
    OnnxGraph graph = OnnxModel.read(file).graph(Map.of("x", Shape.of(1, 2, 4, 4)));
    graph.weights().check(graph.graph());
  }

  static OnnxFiles valid() {
    List<String> x = List.of("x");
    return new OnnxFiles()
        .input("x", "N", 2, 4, 4)
        .weights("w", counting(2, 2, 3, 3))
        .weights("b", counting(2))
        .weights("c", counting(2, 1, 1))
        .weights("m", counting(8, 3))
        .integers("starts", 0)
        .integers("ends", 2)
        .integers("axes", 2)
        .node("Conv", "conv", List.of("x", "w", "b"), integers("pads", List.of(1, 1, 1, 1)))
        .node("BatchNormalization", "norm", List.of("conv", "b", "b", "b", "b"))
        .node("Relu", "relu", List.of("norm"))
        .node("LeakyRelu", "leaky", List.of("relu"), number("alpha", 0.1))
        .node("Mul", "product", List.of("leaky", "c"))
        .node("Concat", "joined", List.of("product", "x"), integer("axis", 1))
        .node("Slice", "part", List.of("joined", "starts", "ends", "axes"))
        .node(
            "MaxPool",
            "pool",
            List.of("part"),
            integers("kernel_shape", List.of(2, 2)),
            integers("strides", List.of(2, 2)),
            integer("ceil_mode", 1),
            text("auto_pad", "NOTSET"))
        .node("Transpose", "turned", List.of("pool"), integers("perm", List.of(0, 2, 3, 1)))
        .node("Shape", "shape", x)
        .node("Gather", "n", List.of("shape", "starts"))
        .node("Constant", "rest", List.of(), tensor("value", Integers.vector(List.of(-1L))))
        .node("Concat", "rows", List.of("n", "rest"), integer("axis", 0))
        .node("Expand", "twice", List.of("rest", "ends"))
        .node("Reshape", "flat", List.of("turned", "rows"))
        .node("Gemm", "scores", List.of("flat", "m"))
        .node("Softmax", "y", List.of("scores"), integer("axis", -1))
        .output("y");
  }
}
