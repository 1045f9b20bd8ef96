package dev.residual.io.onnx;

import static dev.residual.io.onnx.OnnxFiles.counting;
import static dev.residual.io.onnx.OnnxFiles.integer;
import static dev.residual.io.onnx.OnnxFiles.number;

import dev.residual.io.onnx.format.AttributeProto;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Products of matrices, with results that are computed by hand. */
final class ProductCases {
  private ProductCases() {}

  private static OnnxFiles gemm(Tensor weights, AttributeProto... attributes) {
    return new OnnxFiles()
        .input("x", "N", 2)
        .weights("w", weights)
        .weights("b", Tensor.of(Shape.of(2), 10f, 20f))
        .node("Gemm", "y", List.of("x", "w", "b"), attributes)
        .output("y");
  }

  static Stream<Arguments> products() {
    Tensor src = counting(1, 2);
    Tensor matrix = counting(2, 2);
    return Stream.of(
        NodesTest.of("gemm", gemm(matrix), src, Shape.of(1, 2), 17, 30),
        NodesTest.of("transposed", gemm(matrix, integer("transB", 1)), src, Shape.of(1, 2), 15, 31),
        NodesTest.of(
            "scaled",
            gemm(matrix, number("alpha", 2), number("beta", 0.5)),
            src,
            Shape.of(1, 2),
            19,
            30),
        NodesTest.of(
            "computed weights",
            new OnnxFiles()
                .input("x", 2, 2)
                .node("Gemm", "y", List.of("x", "x"), integer("transA", 1))
                .output("y"),
            matrix,
            Shape.of(2, 2),
            10,
            14,
            14,
            20),
        NodesTest.of(
            "matmul of batches",
            new OnnxFiles()
                .input("x", 1, 2, 1, 2)
                .weights("w", counting(2, 2, 1))
                .node("MatMul", "y", List.of("x", "w"))
                .output("y"),
            counting(1, 2, 1, 2),
            Shape.of(1, 2, 1, 1),
            5,
            25),
        NodesTest.of(
            "matmul of more extents",
            new OnnxFiles()
                .input("x", 1, 2, 2)
                .weights("w", counting(2, 1))
                .node("MatMul", "y", List.of("x", "w"))
                .output("y"),
            counting(1, 2, 2),
            Shape.of(1, 2, 1),
            5,
            11));
  }
}
