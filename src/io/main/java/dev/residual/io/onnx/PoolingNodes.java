package dev.residual.io.onnx;

import dev.residual.graph.AvgPool2d;
import dev.residual.graph.Dequantize;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Pad;
import dev.residual.graph.Quantize;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Poolings, and means over extents. */
final class PoolingNodes {
  private PoolingNodes() {}

  static void max(Node node, Translation to) {
    Operand src = to.operand(node, 0);
    node.require(node.output(1).isEmpty(), "the places of the largest elements are not supported");
    // It tells the order of the places.
    node.attributes().integer("storage_order", 0);
    Windows windows = new Windows(node, src.shape(), Windows.kernelShape(node, src.shape()));
    Value images = to.value(src.reshaped(Windows.images(src.shape())));
    max(node, to, images, windows.window(), src.shape().rank());
  }

  static void globalMax(Node node, Translation to) {
    Operand src = to.operand(node, 0);
    Shape shape = imagesShape(node, src);
    Window window = new Window(shape.dim(2), shape.dim(3), 1, 1, 0, 0, 0, 0, 1, 1);
    max(node, to, to.value(src.reshaped(shape)), window, src.shape().rank());
  }

  private static void max(Node node, Translation to, Value images, Window window, int rank) {
    String name = ConvolutionNodes.name(to, node.output(), rank);
    boolean isFloating = images.dtype().isFloating();
    Value src = images;
    if (!isFloating) {
      // Integers of 8 bits are pooled as floats, which hold them exactly.
      src = Value.activation(to.unique(name + ".src"), images.shape(), DType.F32);
      to.add(new Dequantize(images, src, 1));
    }
    Shape shape = MaxPool2d.dstShape(src, window);
    String dst = isFloating ? name : to.unique(name + ".dst");
    Value result = to.add(new MaxPool2d(src, Value.activation(dst, shape), null, window));
    if (!isFloating) {
      Value integers = Value.activation(name, shape, images.dtype());
      result = to.add(new Quantize(result, integers, 1));
    }
    ConvolutionNodes.define(to, node.output(), result, rank);
  }

  static void average(Node node, Translation to) {
    Operand src = to.floats(node, 0);
    Windows windows = new Windows(node, src.shape(), Windows.kernelShape(node, src.shape()));
    boolean includePadding = node.attributes().flag("count_include_pad", false);
    int rank = src.shape().rank();
    Value images = to.value(src.reshaped(Windows.images(src.shape())));
    Window window = windows.window();
    if (includePadding && windows.hasExcess()) {
      // The padding counts, what a window has behind it does not.
      images = padded(to, node.output(), images, windows.pads());
      window = windows.overPadded();
      includePadding = false;
    }
    Value dst =
        Value.activation(
            ConvolutionNodes.name(to, node.output(), rank), AvgPool2d.dstShape(images, window));
    to.add(new AvgPool2d(images, dst, window, includePadding));
    ConvolutionNodes.define(to, node.output(), dst, rank);
  }

  private static Value padded(Translation to, String name, Value images, List<Integer> pads) {
    Shape shape =
        images
            .shape()
            .with(2, images.shape().dim(2) + pads.get(0) + pads.get(2))
            .with(3, images.shape().dim(3) + pads.get(1) + pads.get(3));
    Value dst = Value.activation(to.unique(name + ".padded"), shape);
    return to.add(
        new Pad(images, dst, List.of(0, 0, pads.get(0), pads.get(1)), Pad.Mode.CONSTANT, 0));
  }

  static void globalAverage(Node node, Translation to) {
    means(node, to, to.floats(node, 0), node.output());
  }

  /** Adds the means of images, and defines this name as them. */
  static Operand means(Node node, Translation to, Operand src, String name) {
    Shape shape = imagesShape(node, src);
    int rank = src.shape().rank();
    Value images = to.value(src.reshaped(shape));
    Value dst =
        Value.activation(ConvolutionNodes.name(to, name, rank), shape.with(2, 1).with(3, 1));
    return ConvolutionNodes.define(to, name, to.add(new GlobalAvgPool(images, dst)), rank);
  }

  private static Shape imagesShape(Node node, Operand src) {
    int rank = src.shape().rank();
    node.require(
        rank == 3 || rank == 4,
        "input 0 is %s; images n c h w and signals n c w are supported",
        src.shape());
    return Windows.images(src.shape());
  }

  static void reduceMean(Node node, Translation to) {
    Shape shape = to.operand(node, 0).shape();
    boolean keepsExtents = node.attributes().flag("keepdims", true);
    boolean isNothing = node.attributes().flag("noop_with_empty_axes", false);
    List<Long> given = ShapeRules.axes(node, to, 18);
    if (given == null && isNothing) {
      to.define(to.operand(node, 0).named(node.output()));
      return;
    }
    List<Integer> reduced =
        (given == null ? IntStream.range(0, shape.rank()).boxed() : axes(node, given, shape))
            .sorted()
            .toList();
    List<Integer> kept =
        IntStream.range(0, shape.rank()).boxed().filter(axis -> !reduced.contains(axis)).toList();
    Value src = to.value(node, 0);
    boolean overSpace = shape.rank() == 4 && reduced.equals(List.of(2, 3));
    Value images = overSpace ? src : rows(node, to, src, kept, reduced);
    Value means =
        Value.activation(to.unique(node.output() + ".means"), images.shape().with(2, 1).with(3, 1));
    to.add(new GlobalAvgPool(images, means));
    Shape result = shape;
    for (int axis : reduced) {
      result = result.with(axis, 1);
    }
    if (!keepsExtents) {
      result = Shape.of(kept.stream().mapToInt(shape::dim).toArray());
    }
    to.define(Operand.computed(node.output(), means).reshaped(result));
  }

  private static Stream<Integer> axes(Node node, List<Long> given, Shape shape) {
    return given.stream().map(axis -> node.axis(axis, shape.rank())).distinct();
  }

  /**
   * The elements as one image of a channel for each mean, and of as many columns as are averaged.
   */
  private static Value rows(
      Node node, Translation to, Value src, List<Integer> kept, List<Integer> reduced) {
    List<Integer> order = new ArrayList<>(kept);
    order.addAll(reduced);
    Value ordered = src;
    if (!order.equals(order.stream().sorted().toList())) {
      Shape shape = Transpose.dstShape(src, order);
      Value dst = Value.activation(to.unique(node.output() + ".ordered"), shape, src.dtype());
      ordered = to.add(new Transpose(src, dst, order));
    }
    int columns = reduced.stream().mapToInt(src.shape()::dim).reduce(1, Math::multiplyExact);
    int channels = Math.toIntExact(src.shape().elements() / columns);
    return to.reshaped(node.output(), ordered, Shape.of(1, channels, 1, columns));
  }
}
