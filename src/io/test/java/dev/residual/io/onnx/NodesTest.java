package dev.residual.io.onnx;

import static dev.residual.io.onnx.OnnxFiles.counting;
import static dev.residual.io.onnx.OnnxFiles.integer;
import static dev.residual.io.onnx.OnnxFiles.integers;
import static dev.residual.io.onnx.OnnxFiles.number;
import static dev.residual.io.onnx.OnnxFiles.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.residual.io.onnx.format.AttributeProto;
import dev.residual.io.onnx.format.NodeProto;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Nodes of each type, with results that are computed by hand. */
class NodesTest {
  private static final List<String> X = List.of("x");

  @TempDir Path folder;

  /** A file of one node 'y' that reads 'x'. */
  private static OnnxFiles lone(String type, AttributeProto... attributes) {
    return new OnnxFiles()
        .input("x", "N", "C", "H", "W")
        .node(type, "y", X, attributes)
        .output("y");
  }

  static Arguments of(String title, OnnxFiles file, Tensor src, Shape shape, double... expected) {
    return argumentSet(title, file, src, shape, expected);
  }

  static Stream<Arguments> poolings() {
    AttributeProto kernel = integers("kernel_shape", List.of(2, 2));
    AttributeProto strides = integers("strides", List.of(2, 2));
    Tensor src = counting(1, 1, 3, 3);
    Shape two = Shape.of(1, 1, 2, 2);
    return Stream.of(
        of("max", lone("MaxPool", kernel), src, two, 5, 6, 8, 9),
        of("strided", lone("MaxPool", kernel, strides), src, Shape.of(1, 1, 1, 1), 5),
        of(
            "up to the edge",
            lone("MaxPool", kernel, strides, integer("ceil_mode", 1)),
            src,
            two,
            5,
            6,
            8,
            9),
        of(
            "none begins behind the image",
            lone(
                "MaxPool",
                integers("kernel_shape", List.of(1, 1)),
                strides,
                integer("ceil_mode", 1)),
            counting(1, 1, 2, 2),
            Shape.of(1, 1, 1, 1),
            1),
        of(
            "same, padded behind",
            lone("MaxPool", kernel, text("auto_pad", "SAME_UPPER")),
            counting(1, 1, 2, 2),
            two,
            4,
            4,
            4,
            4),
        of(
            "same, padded before",
            lone("MaxPool", kernel, text("auto_pad", "SAME_LOWER")),
            counting(1, 1, 2, 2),
            two,
            1,
            2,
            3,
            4),
        of(
            "dilated",
            lone("MaxPool", kernel, integers("dilations", List.of(2, 2))),
            src,
            Shape.of(1, 1, 1, 1),
            9),
        of("mean", lone("AveragePool", kernel), src, two, 3, 4, 6, 7),
        of(
            "mean without padding",
            lone("AveragePool", kernel, integers("pads", List.of(1, 1, 0, 0)), strides),
            src,
            two,
            1,
            2.5,
            5.5,
            7),
        of(
            "mean with padding",
            lone(
                "AveragePool",
                kernel,
                integers("pads", List.of(1, 1, 0, 0)),
                strides,
                integer("count_include_pad", 1)),
            src,
            two,
            0.25,
            1.25,
            2.75,
            7),
        of(
            "mean with padding but not what is behind it",
            lone(
                "AveragePool",
                kernel,
                integers("pads", List.of(1, 1, 0, 0)),
                integers("strides", List.of(3, 3)),
                integer("ceil_mode", 1),
                integer("count_include_pad", 1)),
            src,
            two,
            0.25,
            1.5,
            3.5,
            9),
        of("mean of all", lone("GlobalAveragePool"), src, Shape.of(1, 1, 1, 1), 5),
        of("largest of all", lone("GlobalMaxPool"), src, Shape.of(1, 1, 1, 1), 9),
        of(
            "mean over space",
            lone("ReduceMean", integers("axes", List.of(-1, 2)), integer("keepdims", 0)),
            counting(1, 2, 2, 2),
            Shape.of(1, 2),
            2.5,
            6.5),
        of(
            "mean over channels",
            lone("ReduceMean", integers("axes", List.of(1))),
            counting(1, 2, 1, 2),
            Shape.of(1, 1, 1, 2),
            2,
            3),
        of("signals", signals(lone3("MaxPool")), counting(1, 1, 3), Shape.of(1, 1, 2), 2, 3));
  }

  private static OnnxFiles lone3(String type) {
    return new OnnxFiles()
        .input("x", 1, 1, 3)
        .node(type, "y", X, integers("kernel_shape", List.of(2)));
  }

  private static OnnxFiles signals(OnnxFiles file) {
    return file.output("y");
  }

  static Stream<Arguments> elements() {
    Tensor src = Tensor.of(Shape.of(1, 1, 1, 4), -4f, -1f, 1f, 4f);
    Shape shape = src.shape();
    OnnxFiles bounds =
        new OnnxFiles()
            .input("x", 1, 1, 1, 4)
            .weights("min", Tensor.of(Shape.SCALAR, -2f))
            .node("Clip", "y", List.of("x", "min"))
            .output("y");
    return Stream.of(
        of("relu", lone("Relu"), src, shape, 0, 0, 1, 4),
        of("leaky", lone("LeakyRelu", number("alpha", 0.5)), src, shape, -2, -0.5, 1, 4),
        of("sigmoid", lone("Sigmoid"), src, shape, 0.0179862, 0.2689414, 0.7310586, 0.9820138),
        of(
            "gelu",
            lone("Gelu").opset(20),
            src,
            shape,
            -0.0001267,
            -0.1586553,
            0.8413447,
            3.9998733),
        of("hard sigmoid", lone("HardSigmoid"), src, shape, 0, 0.3, 0.7, 1),
        of("hard swish", lone("HardSwish"), src, shape, 0, -1 / 3.0, 2 / 3.0, 4),
        of("one bound", bounds, src, shape, -2, -1, 1, 4),
        of(
            "bounds as attributes",
            lone("Clip", number("min", -2), number("max", 2)).opset(7),
            src,
            shape,
            -2,
            -1,
            1,
            2),
        of("softmax", lone("Softmax"), logarithms(), shape, 0.1, 0.2, 0.3, 0.4),
        of(
            "log softmax",
            lone("LogSoftmax"),
            logarithms(),
            shape,
            Math.log(0.1),
            Math.log(0.2),
            Math.log(0.3),
            Math.log(0.4)),
        of(
            "softmax along channels",
            lone("Softmax", integer("axis", 1)),
            Tensor.of(Shape.of(1, 2, 1, 2), 0f, 1f, 0f, 0f),
            Shape.of(1, 2, 1, 2),
            0.5,
            0.7310586,
            0.5,
            0.2689414),
        of(
            "softmax of all from an axis on",
            lone("Softmax", integer("axis", 1)).opset(11),
            Tensor.of(Shape.of(1, 2, 1, 2), 0f, 0f, 0f, 0f),
            Shape.of(1, 2, 1, 2),
            0.25,
            0.25,
            0.25,
            0.25),
        of(
            "local response",
            lone("LRN", integer("size", 3), number("alpha", 3), number("beta", 1)),
            Tensor.of(Shape.of(1, 3, 1, 1), 1f, 2f, 3f),
            Shape.of(1, 3, 1, 1),
            1 / 6.0,
            2 / 15.0,
            3 / 14.0));
  }

  private static Tensor logarithms() {
    Tensor tensor = counting(1, 1, 1, 4);
    for (int i = 0; i < 4; i++) {
      tensor.set(i, Math.log(tensor.get(i)));
    }
    return tensor;
  }

  private static OnnxFiles two(String type, Tensor second) {
    return new OnnxFiles()
        .input("x", "N", "C", "H", "W")
        .weights("w", second)
        .node(type, "y", List.of("x", "w"))
        .output("y");
  }

  static Stream<Arguments> pairs() {
    Tensor src = counting(1, 2, 1, 2);
    Tensor channels = Tensor.of(Shape.of(2, 1, 1), 1f, 2f);
    Tensor scalar = Tensor.of(Shape.SCALAR, 2f);
    Shape shape = src.shape();
    return Stream.of(
        of("sum", two("Add", counting(1, 2, 1, 2)), src, shape, 2, 4, 6, 8),
        of("sum with channels", two("Add", channels), src, shape, 2, 3, 5, 6),
        of("difference", two("Sub", channels), src, shape, 0, 1, 1, 2),
        of("product", two("Mul", channels), src, shape, 1, 2, 6, 8),
        of("quotient", two("Div", scalar), src, shape, 0.5, 1, 1.5, 2),
        of("larger", two("Max", scalar), src, shape, 2, 2, 3, 4),
        of("smaller", two("Min", scalar), src, shape, 1, 2, 2, 2),
        of(
            "one element for many",
            two("Add", counting(1, 2, 3, 1)),
            Tensor.of(Shape.of(1, 1, 1, 2), 10f, 20f),
            Shape.of(1, 2, 3, 2),
            11,
            21,
            12,
            22,
            13,
            23,
            14,
            24,
            15,
            25,
            16,
            26),
        of(
            "sum of three",
            new OnnxFiles()
                .input("x", 1, 2, 1, 2)
                .weights("w", channels)
                .node("Sum", "y", List.of("x", "w", "x"))
                .output("y"),
            src,
            shape,
            3,
            5,
            8,
            10));
  }

  static Stream<Arguments> shapes() {
    Tensor src = counting(1, 2, 1, 2);
    return Stream.of(
        of("flatten", lone("Flatten"), src, Shape.of(1, 4), 1, 2, 3, 4),
        of(
            "flatten from behind",
            lone("Flatten", integer("axis", -1)),
            src,
            Shape.of(2, 2),
            1,
            2,
            3,
            4),
        of(
            "transpose",
            lone("Transpose", integers("perm", List.of(0, 3, 2, 1))),
            src,
            Shape.of(1, 2, 1, 2),
            1,
            3,
            2,
            4),
        of("identity", lone("Identity"), src, src.shape(), 1, 2, 3, 4),
        of("dropout", lone("Dropout"), src, src.shape(), 1, 2, 3, 4),
        of(
            "reshape",
            new OnnxFiles()
                .input("x", 1, 2, 1, 2)
                .integers("shape", 0, -1)
                .node("Reshape", "y", List.of("x", "shape"))
                .output("y"),
            src,
            Shape.of(1, 4),
            1,
            2,
            3,
            4),
        of(
            "squeeze",
            lone("Squeeze", integers("axes", List.of(2))).opset(11),
            src,
            Shape.of(1, 2, 2),
            1,
            2,
            3,
            4),
        of(
            "unsqueeze",
            new OnnxFiles()
                .input("x", 2, 2)
                .integers("axes", 0, -1)
                .node("Unsqueeze", "y", List.of("x", "axes"))
                .output("y"),
            counting(2, 2),
            Shape.of(1, 2, 2, 1),
            1,
            2,
            3,
            4),
        of(
            "shuffled channels",
            new OnnxFiles()
                .input("x", 1, 4, 1, 2)
                .integers("split", 1, 2, 2, 1, 2)
                .integers("joint", 1, 4, 1, 2)
                .node("Reshape", "groups", List.of("x", "split"))
                .node(
                    "Transpose",
                    "turned",
                    List.of("groups"),
                    integers("perm", List.of(0, 2, 1, 3, 4)))
                .node("Reshape", "y", List.of("turned", "joint"))
                .output("y"),
            counting(1, 4, 1, 2),
            Shape.of(1, 4, 1, 2),
            1,
            2,
            5,
            6,
            3,
            4,
            7,
            8),
        of(
            "concat of rows",
            new OnnxFiles()
                .input("x", 2, 2)
                .weights("w", counting(1, 2))
                .node("Concat", "y", List.of("x", "w"), integer("axis", 0))
                .output("y"),
            counting(2, 2),
            Shape.of(3, 2),
            1,
            2,
            3,
            4,
            1,
            2),
        of(
            "concat of channels",
            new OnnxFiles()
                .input("x", 1, 2, 1, 2)
                .node("Concat", "y", List.of("x", "x"), integer("axis", 1))
                .output("y"),
            src,
            Shape.of(1, 4, 1, 2),
            1,
            2,
            3,
            4,
            1,
            2,
            3,
            4),
        of(
            "slice",
            new OnnxFiles()
                .input("x", 1, 1, 2, 3)
                .integers("starts", -1)
                .integers("ends", Long.MIN_VALUE)
                .integers("axes", 3)
                .integers("steps", -2)
                .node("Slice", "y", List.of("x", "starts", "ends", "axes", "steps"))
                .output("y"),
            counting(1, 1, 2, 3),
            Shape.of(1, 1, 2, 2),
            3,
            1,
            6,
            4),
        of(
            "split",
            new OnnxFiles()
                .input("x", 1, 2, 1, 2)
                .node(
                    NodeProto.newBuilder()
                        .setOpType("Split")
                        .addInput("x")
                        .addOutput("first")
                        .addOutput("y")
                        .addAttribute(integer("axis", 1)))
                .output("y"),
            src,
            Shape.of(1, 1, 1, 2),
            3,
            4),
        of(
            "pad",
            lone("Pad", integers("pads", List.of(0, 0, 1, 0, 0, 0, 0, 1)), number("value", 9))
                .opset(7),
            counting(1, 1, 1, 2),
            Shape.of(1, 1, 2, 3),
            9,
            9,
            9,
            1,
            2,
            9),
        of(
            "pad by reflection",
            lone("Pad", integers("pads", List.of(0, 0, 0, 1, 0, 0, 0, 1)), text("mode", "reflect"))
                .opset(7),
            counting(1, 1, 1, 3),
            Shape.of(1, 1, 1, 5),
            2,
            1,
            2,
            3,
            2),
        of(
            "pad on one side, cut on the other",
            lone("Pad", integers("pads", List.of(0, 0, 0, 1, 0, 0, 0, -1))).opset(7),
            counting(1, 1, 1, 3),
            Shape.of(1, 1, 1, 3),
            0,
            1,
            2));
  }

  @ParameterizedTest
  @MethodSource({
    "poolings",
    "elements",
    "pairs",
    "shapes",
    "dev.residual.io.onnx.ProductCases#products"
  })
  void areTranslated(OnnxFiles file, Tensor src, Shape shape, double... expected)
      throws IOException {
    Tensor actual = OnnxFiles.run(file.model(folder), src);

    assertThat(actual.shape()).isEqualTo(shape);
    assertThat(actual.toDoubles()).containsExactly(expected, within(1e-5));
  }
}
