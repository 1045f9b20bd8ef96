package dev.residual;

import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.AdaptiveAvgPool2dBackward;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.Graph;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The rows of max, average and global average pooling. */
final class PoolCases {
  private PoolCases() {}

  private record Geometry(String name, Shape src, Window window) {}

  private static final List<Geometry> GEOMETRIES =
      List.of(
          new Geometry("2x2 stride 2", Shape.of(2, 16, 6, 8), Window.square(2, 2, 0)),
          new Geometry("3x3 stride 2, stem", Shape.of(2, 64, 9, 9), Window.square(3, 2, 1)),
          new Geometry("3x3 stride 2, odd", Shape.of(3, 5, 7, 8), Window.square(3, 2, 1)),
          new Geometry("3x3 stride 1", Shape.of(1, 7, 5, 4), Window.square(3, 1, 1)),
          new Geometry(
              "2x2 stride 2, blur",
              Shape.of(2, 32, 6, 7),
              new Window(2, 2, 2, 2, 1, 1, 1, 0, 1, 1)),
          new Geometry(
              "asymmetric padding",
              Shape.of(2, 3, 5, 6),
              new Window(3, 2, 2, 1, 0, 1, 2, 0, 1, 1)));

  private static final Geometry LARGE =
      new Geometry("15x17", Shape.of(1, 8, 20, 24), new Window(15, 17, 4, 3, 0, 0, 0, 0, 1, 1));

  private static final List<Geometry> FAR =
      List.of(
          new Geometry("dilation 2", Shape.of(2, 4, 9, 8), Window.square(3, 1, 1).dilated(2)),
          new Geometry(
              "dilation 3, stride 2",
              Shape.of(1, 20, 8, 9),
              new Window(2, 3, 2, 1, 1, 2, 3, 0, 3, 2)),
          new Geometry("more padding than kernel", Shape.of(2, 3, 4, 3), Window.square(2, 1, 3)),
          new Geometry(
              "columns of padding alone",
              Shape.of(1, 17, 1, 1),
              new Window(1, 1, 1, 2, 0, 2, 1, 5, 1, 1)),
          new Geometry(
              "dilation over the image",
              Shape.of(1, 2, 1, 3),
              new Window(2, 2, 1, 1, 1, 1, 1, 1, 2, 4)),
          new Geometry(
              "17x16, 272 elements",
              Shape.of(1, 5, 18, 19),
              new Window(17, 16, 1, 2, 1, 0, 2, 3, 1, 1)),
          new Geometry("15x15 stride 2", Shape.of(1, 6, 31, 31), Window.square(15, 2, 7)),
          new Geometry("130 channels", Shape.of(1, 130, 3, 3), Window.square(2, 1, 1)));

  static Stream<OpCase> all() {
    Stream<OpCase> max = geometries(LARGE).flatMap(PoolCases::maxPools);
    Stream<OpCase> average =
        geometries().flatMap(g -> Stream.of(true, false).flatMap(p -> avgPools(g, p)));
    Stream<OpCase> global =
        Stream.of(
                Shape.of(2, 7, 5, 3),
                Shape.of(1, 64, 7, 7),
                Shape.of(3, 16, 1, 1),
                Shape.of(1, 3, 40, 33))
            .flatMap(PoolCases::globalAvgPools);
    Stream<OpCase> adaptive =
        Stream.of(
                new Parts(Shape.of(2, 16, 14, 14), 4, 4),
                new Parts(Shape.of(1, 5, 7, 9), 3, 5),
                new Parts(Shape.of(2, 7, 2, 3), 4, 4),
                new Parts(Shape.of(1, 9, 6, 5), 3, 1))
            .flatMap(PoolCases::adaptiveAvgPools);
    return Stream.of(max, average, global, adaptive).flatMap(cases -> cases);
  }

  private record Parts(Shape image, int height, int width) {
    Shape means() {
      return image.with(2, height).with(3, width);
    }
  }

  private static Stream<OpCase> adaptiveAvgPools(Parts parts) {
    String name = parts.image + " to " + parts.height + "x" + parts.width;
    return Stream.of(
        new OpCase(
            "adaptive avg pool " + name,
            16,
            t -> {
              Values values = new Values(t);
              Value src = values.input("src", parts.image.dims());
              return Graph.of(new AdaptiveAvgPool2d(src, values.activation("dst", parts.means())));
            }),
        new OpCase(
            "adaptive avg pool backward " + name,
            4,
            t -> {
              Values values = new Values(t);
              Value diffDst = values.input("diffDst", parts.means().dims());
              Value diffSrc = values.activation("diffSrc", parts.image);
              return Graph.of(new AdaptiveAvgPool2dBackward(diffDst, diffSrc));
            }));
  }

  /** The rows of one window: max and average, and their gradients. */
  static Stream<OpCase> of(Shape src, Window window) {
    Geometry geometry = new Geometry(src + ", " + window, src, window);
    return Stream.of(maxPools(geometry), avgPools(geometry, true), avgPools(geometry, false))
        .flatMap(cases -> cases);
  }

  private static Stream<Geometry> geometries(Geometry... more) {
    return Stream.of(GEOMETRIES.stream(), FAR.stream(), Stream.of(more)).flatMap(some -> some);
  }

  private static Stream<OpCase> maxPools(Geometry g) {
    return Stream.of(
        new OpCase("max pool " + g.name, 1, t -> maxPool(g, t, false)),
        new OpCase("max pool+workspace " + g.name, 1, t -> maxPool(g, t, true)),
        new OpCase("max pool, backward " + g.name, 16, t -> maxPoolBackward(g, t, false)),
        new OpCase("relu, max pool, backward " + g.name, 16, t -> maxPoolBackward(g, t, true)));
  }

  private static Graph maxPool(Geometry g, DType dtype, boolean workspace) {
    Values values = new Values(dtype);
    Value src = values.input("src", g.src.dims());
    Value dst = values.activation("dst", MaxPool2d.dstShape(src, g.window));
    Value winners = workspace ? workspace(g, dst) : null;
    return Graph.of(new MaxPool2d(src, dst, winners, g.window));
  }

  private static Value workspace(Geometry g, Value dst) {
    return Value.activation("workspace", dst.shape(), MaxPool2d.workspaceType(g.window));
  }

  /** After a ReLU many windows hold nothing but zeros, of which the first must win. */
  private static Graph maxPoolBackward(Geometry g, DType dtype, boolean ties) {
    Values values = new Values(dtype);
    List<Op> ops = new ArrayList<>();
    Value src = values.input("src", g.src.dims());
    if (ties) {
      Value relu = values.activation("relu", g.src);
      ops.add(new Relu(src, relu));
      src = relu;
    }
    Value dst = values.activation("dst", MaxPool2d.dstShape(src, g.window));
    Value workspace = workspace(g, dst);
    Value diffDst = values.input("diffDst", dst.shape().dims());
    Value diffSrc = values.activation("diffSrc", g.src);
    ops.add(new MaxPool2d(src, dst, workspace, g.window));
    ops.add(new MaxPool2dBackward(diffDst, workspace, diffSrc, g.window));
    return new Graph(ops, List.of(dst, diffSrc));
  }

  private static Stream<OpCase> avgPools(Geometry g, boolean padding) {
    String name = g.name + (padding ? ", padding counted" : ", padding left out");
    int terms = g.window.kernelH() * g.window.kernelW();
    return Stream.of(
        new OpCase("avg pool " + name, terms, t -> avgPool(g, t, padding)),
        new OpCase("avg pool backward " + name, terms, t -> avgPoolBackward(g, t, padding)));
  }

  private static Graph avgPool(Geometry g, DType dtype, boolean padding) {
    Values values = new Values(dtype);
    Value src = values.input("src", g.src.dims());
    Value dst = values.activation("dst", AvgPool2d.dstShape(src, g.window));
    return Graph.of(new AvgPool2d(src, dst, g.window, padding));
  }

  private static Graph avgPoolBackward(Geometry g, DType dtype, boolean padding) {
    Values values = new Values(dtype);
    Value diffSrc = values.activation("diffSrc", g.src);
    Value diffDst = values.input("diffDst", AvgPool2d.dstShape(diffSrc, g.window).dims());
    return Graph.of(new AvgPool2dBackward(diffDst, diffSrc, g.window, padding));
  }

  private static Stream<OpCase> globalAvgPools(Shape s) {
    int n = s.dim(0);
    int c = s.dim(1);
    return Stream.of(
        new OpCase(
            "global avg pool " + s,
            s.dim(2) * s.dim(3),
            t -> {
              Values values = new Values(t);
              return Graph.of(
                  new GlobalAvgPool(
                      values.input("src", s.dims()), values.activation("dst", n, c, 1, 1)));
            }),
        new OpCase(
            "global avg pool backward " + s,
            1,
            t -> {
              Values values = new Values(t);
              return Graph.of(
                  new GlobalAvgPoolBackward(
                      values.input("diffDst", n, c, 1, 1), values.activation("diffSrc", s)));
            }));
  }
}
