package dev.residual;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import java.util.List;
import java.util.stream.Stream;

/** The rows of convolutions: each geometry forward, with epilogues, and backward. */
final class ConvCases {
  private ConvCases() {}

  record Geometry(String name, int n, int i, int h, int w, int o, Window window, int groups) {

    /** A geometry whose name says all of it. */
    static Geometry named(int n, int i, int h, int w, int o, Window window, int groups) {
      String name = "%dx%dx%dx%d to %d, %s, %d groups".formatted(n, i, h, w, o, window, groups);
      return new Geometry(name, n, i, h, w, o, window, groups);
    }

    Value src(Values values) {
      return values.input("src", n, i, h, w);
    }

    Value weights(Values values) {
      return values.parameter("weights", weightDims());
    }

    int[] weightDims() {
      return new int[] {o, i / groups, window.kernelH(), window.kernelW()};
    }

    int[] dstDims() {
      return new int[] {n, o, window.outH(h), window.outW(w)};
    }
  }

  private static final List<Geometry> GEOMETRIES =
      List.of(
          new Geometry("3x3, 16 channels", 2, 16, 7, 9, 16, Window.square(3, 1, 1), 1),
          new Geometry("3x3, 64 channels", 2, 64, 8, 8, 64, Window.square(3, 1, 1), 1),
          new Geometry("3x3, many positions", 4, 64, 17, 19, 12, Window.square(3, 1, 1), 1),
          new Geometry("dilation 2, 64 channels", 2, 64, 9, 8, 8, wideDilation(), 1),
          new Geometry("1x1 stride 2, 128 channels", 2, 128, 15, 13, 4, strided(), 1),
          new Geometry("3x3 stride 2, odd", 3, 5, 9, 7, 7, Window.square(3, 2, 1), 1),
          new Geometry("3x3 stride 2, rest", 2, 4, 8, 8, 6, Window.square(3, 2, 0), 1),
          new Geometry("7x7 stride 2, stem", 1, 3, 17, 19, 64, Window.square(7, 2, 3), 1),
          new Geometry("1x1", 2, 64, 5, 5, 32, Window.square(1, 1, 0), 1),
          new Geometry("1x1 stride 2", 2, 16, 7, 7, 32, Window.square(1, 2, 0), 1),
          new Geometry("1x1 stride 2, 3 channels", 2, 3, 56, 56, 64, Window.square(1, 2, 0), 1),
          new Geometry("1x1 stride 2, 6 channels", 1, 6, 16, 32, 16, Window.square(1, 2, 0), 1),
          new Geometry("1x1 on 1x1, batch 1", 1, 8, 1, 1, 3, Window.square(1, 1, 0), 1),
          new Geometry("kernel as large as the image", 2, 3, 5, 4, 2, kernel(5, 4), 1),
          new Geometry("asymmetric padding", 2, 3, 6, 5, 4, asymmetric(), 1),
          new Geometry("padding beyond the kernel", 2, 8, 5, 6, 16, Window.square(3, 1, 5), 1),
          new Geometry("1x1 of padding", 2, 16, 3, 4, 8, Window.square(1, 1, 2), 1),
          new Geometry("2x3 strides 3x2", 2, 3, 8, 9, 5, rectangular(), 1),
          new Geometry("dilation 2", 1, 4, 9, 9, 6, Window.square(3, 1, 2).dilated(2), 1),
          new Geometry("dilation 3, stride 2", 2, 3, 13, 11, 4, dilatedStride(), 1),
          new Geometry("groups 2, odd", 2, 6, 5, 7, 10, Window.square(3, 1, 1), 2),
          new Geometry("groups 32", 1, 64, 6, 6, 64, Window.square(3, 2, 1), 32),
          new Geometry("depthwise", 2, 16, 6, 6, 16, Window.square(3, 1, 1), 16),
          new Geometry("depthwise stride 2, odd", 1, 7, 9, 9, 7, Window.square(3, 2, 1), 7),
          new Geometry("depthwise, twice the channels", 2, 4, 5, 5, 8, Window.square(3, 1, 1), 4));

  /** Those that users have, and those that implementations fail on. */
  static Stream<Geometry> geometries() {
    return Stream.concat(GEOMETRIES.stream(), OddWindows.GEOMETRIES.stream());
  }

  static Stream<OpCase> all() {
    return geometries().flatMap(ConvCases::variants);
  }

  static Stream<OpCase> variants(Geometry g) {
    int terms = g.i / g.groups * g.window.kernelH() * g.window.kernelW();
    int[] dst = g.dstDims();
    return Stream.of(
        new OpCase("conv " + g.name, terms, type -> forward(g, type, false, false, false)),
        new OpCase("conv+bias " + g.name, terms, type -> forward(g, type, true, false, false)),
        new OpCase("conv+relu " + g.name, terms, type -> forward(g, type, false, false, true)),
        new OpCase(
            "conv+bias+add+relu " + g.name, terms, type -> forward(g, type, true, true, true)),
        new OpCase("conv+bias+computed add " + g.name, terms, type -> computedAdd(g, type)),
        new OpCase(
            "conv backward data " + g.name,
            g.o / g.groups * g.window.kernelH() * g.window.kernelW(),
            type -> backwardData(g, type)),
        new OpCase(
            "conv backward weights " + g.name,
            dst[0] * dst[2] * dst[3],
            type -> backwardWeights(g, type, false)),
        new OpCase(
            "conv backward weights+bias " + g.name,
            dst[0] * dst[2] * dst[3],
            type -> backwardWeights(g, type, true)));
  }

  private static Graph forward(Geometry g, DType dtype, boolean bias, boolean add, boolean relu) {
    Values values = new Values(dtype);
    return Graph.of(
        new Conv2d(
            g.src(values),
            g.weights(values),
            bias ? values.parameter("bias", g.o) : null,
            add ? values.input("add", g.dstDims()) : null,
            values.activation("dst", g.dstDims()),
            g.window,
            g.groups,
            relu));
  }

  /** A sum that may be written over the tensor which is added, for nothing reads that again. */
  private static Graph computedAdd(Geometry g, DType dtype) {
    Values values = new Values(dtype);
    Value bias = values.parameter("bias", g.o);
    Value add = values.activation("add", g.dstDims());
    Value sum = values.activation("sum", g.dstDims());
    return new Graph(
        List.of(
            new Relu(values.input("before", g.dstDims()), add),
            new Conv2d(g.src(values), g.weights(values), bias, add, sum, g.window, g.groups, false),
            new Relu(sum, values.activation("dst", g.dstDims()))),
        List.of(values.activation("dst", g.dstDims())));
  }

  private static Graph backwardData(Geometry g, DType dtype) {
    Values values = new Values(dtype);
    return Graph.of(
        new Conv2dBackwardData(
            values.input("diffDst", g.dstDims()),
            g.weights(values),
            values.activation("diffSrc", g.n, g.i, g.h, g.w),
            g.window,
            g.groups));
  }

  private static Graph backwardWeights(Geometry g, DType dtype, boolean bias) {
    Values values = new Values(dtype);
    return Graph.of(
        new Conv2dBackwardWeights(
            g.src(values),
            values.input("diffDst", g.dstDims()),
            values.activation("diffWeights", g.weightDims()),
            bias ? values.activation("diffBias", g.o) : null,
            g.window,
            g.groups));
  }

  private static Window kernel(int h, int w) {
    return new Window(h, w, 1, 1, 0, 0, 0, 0, 1, 1);
  }

  private static Window wideDilation() {
    return Window.square(3, 2, 2).dilated(2);
  }

  private static Window strided() {
    return Window.square(1, 2, 0);
  }

  private static Window asymmetric() {
    return new Window(3, 3, 1, 1, 0, 1, 2, 0, 1, 1);
  }

  private static Window rectangular() {
    return new Window(2, 3, 3, 2, 1, 0, 1, 2, 1, 1);
  }

  private static Window dilatedStride() {
    return new Window(3, 3, 2, 2, 3, 3, 3, 3, 3, 3);
  }
}
