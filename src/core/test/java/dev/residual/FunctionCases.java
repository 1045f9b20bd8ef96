package dev.residual;

import dev.residual.graph.Binary;
import dev.residual.graph.Eltwise;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.Graph;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.Softmax;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The rows of functions of one or two tensors. */
final class FunctionCases {
  private record Pair(Shape first, Shape second) {}

  private FunctionCases() {}

  static Stream<OpCase> all() {
    Stream<OpCase> functions =
        Stream.of(Shape.of(2, 5, 7, 9), Shape.of(2, 64, 3, 3), Shape.of(1037), Shape.of(2, 3, 5))
            .flatMap(FunctionCases::eltwise);
    Stream<OpCase> pairs =
        Stream.of(
                new Pair(Shape.of(2, 5, 7, 9), Shape.of(2, 5, 7, 9)),
                new Pair(Shape.of(2, 5, 7, 9), Shape.of(1, 5, 1, 1)),
                new Pair(Shape.of(2, 16, 3, 4), Shape.of(2, 16, 1, 1)),
                new Pair(Shape.of(2, 1, 7, 9), Shape.of(1, 5, 1, 9)),
                new Pair(Shape.of(1, 1, 1, 1), Shape.of(2, 16, 3, 3)),
                new Pair(Shape.of(3, 10), Shape.of(1, 10)),
                new Pair(Shape.of(3, 4, 5), Shape.of(3, 1, 1)),
                new Pair(Shape.of(1037), Shape.of(1)))
            .flatMap(FunctionCases::binary);
    Stream<OpCase> softmaxes =
        Stream.of(Shape.of(3, 10), Shape.of(2, 5, 7, 9), Shape.of(1, 16, 2, 2), Shape.of(7))
            .flatMap(FunctionCases::softmax);
    Stream<OpCase> norms =
        Stream.of(
            localResponse(Shape.of(2, 17, 3, 5), 5),
            localResponse(Shape.of(1, 16, 4, 4), 2),
            localResponse(Shape.of(2, 3, 5, 5), 9));
    return Stream.of(functions, pairs, softmaxes, norms).flatMap(cases -> cases);
  }

  private static Stream<OpCase> eltwise(Shape s) {
    return Stream.of(
            eltwise(s, Eltwise.Function.CLIP, -0.5, 0.75),
            eltwise(s, Eltwise.Function.CLIP, 0, Double.POSITIVE_INFINITY),
            eltwise(s, Eltwise.Function.LEAKY_RELU, 0.1, 0),
            eltwise(s, Eltwise.Function.SIGMOID, 0, 0),
            eltwise(s, Eltwise.Function.HARD_SIGMOID, 0.2, 0.5),
            eltwise(s, Eltwise.Function.HARD_SWISH, 1.0 / 6, 0.5),
            eltwise(s, Eltwise.Function.SWISH, 0, 0),
            eltwise(s, Eltwise.Function.GELU, 0, 0),
            eltwise(s, Eltwise.Function.LINEAR, -1.5, 0.25))
        .flatMap(cases -> cases);
  }

  private static Stream<OpCase> eltwise(
      Shape s, Eltwise.Function function, double alpha, double beta) {
    String name = "%s %s %s %s".formatted(function, alpha, beta, s);
    return Stream.of(
        new OpCase(
            "eltwise " + name,
            1,
            t -> {
              Values values = new Values(t);
              Value src = values.input("src", s.dims());
              return Graph.of(new Eltwise(src, values.activation("dst", s), function, alpha, beta));
            }),
        new OpCase(
            "eltwise backward " + name,
            1,
            t -> {
              Values values = new Values(t);
              Value src = values.input("src", s.dims());
              Value diffDst = values.input("diffDst", s.dims());
              Value diffSrc = values.activation("diffSrc", s);
              return Graph.of(new EltwiseBackward(src, diffDst, diffSrc, function, alpha, beta));
            }));
  }

  private static Stream<OpCase> binary(Pair pair) {
    return Arrays.stream(Binary.Function.values())
        .map(
            function ->
                new OpCase(
                    "binary %s %s %s".formatted(function, pair.first, pair.second),
                    1,
                    t -> {
                      Values values = new Values(t);
                      Value first = values.input("src0", pair.first.dims());
                      Value second = values.input("src1", pair.second.dims());
                      Value dst = values.activation("dst", Binary.dstShape(first, second));
                      return Graph.of(new Binary(first, second, dst, function));
                    }));
  }

  private static Stream<OpCase> softmax(Shape s) {
    List<Integer> axes = IntStream.range(0, s.rank()).boxed().toList();
    return axes.stream()
        .flatMap(axis -> Stream.of(softmax(s, axis, false), softmax(s, axis, true)));
  }

  private static OpCase softmax(Shape s, int axis, boolean log) {
    return new OpCase(
        "%s %s axis %d".formatted(log ? "log softmax" : "softmax", s, axis),
        s.dim(axis),
        t -> {
          Values values = new Values(t);
          Value src = values.input("src", s.dims());
          return Graph.of(new Softmax(src, values.activation("dst", s), axis, log));
        });
  }

  private static OpCase localResponse(Shape s, int size) {
    return new OpCase(
        "local response norm %s size %d".formatted(s, size),
        size,
        t -> {
          Values values = new Values(t);
          Value src = values.input("src", s.dims());
          Value dst = values.activation("dst", s);
          return Graph.of(new LocalResponseNorm(src, dst, size, 0.5, 0.75, 1.5));
        });
  }
}
