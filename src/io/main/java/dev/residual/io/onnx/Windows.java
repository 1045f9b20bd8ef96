package dev.residual.io.onnx;

import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The windows of convolutions and poolings, from the attributes that nodes share. Those of signals,
 * n c w, become those of images of height 1.
 *
 * <p>With {@code ceil_mode} a window may begin inside the image or the padding before it, and end
 * behind the padding; the excess is further padding.
 */
final class Windows {
  private final Node node;
  private final int[] kernel;
  private final int[] strides;
  private final int[] dilations;
  private final int[] before = new int[2];
  private final int[] after = new int[2];
  private final int[] excess = new int[2];

  /**
   * Reads the attributes of a node.
   *
   * @param src the shape of its images, n c h w or n c w
   * @param kernelShape the extents of the kernel, as many as images have
   */
  Windows(Node node, Shape src, List<Integer> kernelShape) {
    this.node = node;
    int rank = src.rank() - 2;
    node.require(
        rank == 1 || rank == 2,
        "input 0 is %s; images n c h w and signals n c w are supported",
        src);
    Attributes attributes = node.attributes();
    node.require(kernelShape.size() == rank, "a kernel %s for %s", kernelShape, src);
    kernel = pair(kernelShape, 1);
    strides = pair(attributes.integers("strides", rank, 1), 1);
    dilations = pair(attributes.integers("dilations", rank, 1), 1);
    List<Integer> pads = attributes.integers("pads", 2 * rank, 0);
    String auto = attributes.text("auto_pad", "NOTSET");
    boolean ceil = attributes.flag("ceil_mode", false);
    int[] extents = {rank == 1 ? 1 : src.dim(2), src.dim(-1)};
    int[] padBefore = pair(pads.subList(0, rank), 0);
    int[] padAfter = pair(pads.subList(rank, 2 * rank), 0);
    for (int i = 0; i < 2; i++) {
      node.require(
          Math.min(kernel[i], Math.min(strides[i], dilations[i])) >= 1,
          "kernel %s, strides and dilations must be at least 1",
          kernelShape);
      pad(i, extents[i], auto, padBefore[i], padAfter[i]);
    }
    if (ceil) {
      Window covering = window().covering(extents[0], extents[1]);
      excess[0] = covering.padBottom() - after[0];
      excess[1] = covering.padRight() - after[1];
    }
  }

  /** The extents of a kernel that has an attribute of its own. */
  static List<Integer> kernelShape(Node node, Shape src) {
    node.require(node.attributes().has("kernel_shape"), "kernel_shape is not given");
    return node.attributes().integers("kernel_shape", src.rank() - 2, 1);
  }

  /** Both extents; the first of a signal is the neutral one. */
  private static int[] pair(List<Integer> numbers, int neutral) {
    return numbers.size() == 1
        ? new int[] {neutral, numbers.get(0)}
        : new int[] {numbers.get(0), numbers.get(1)};
  }

  private void pad(int i, int extent, String auto, int padBefore, int padAfter) {
    switch (auto) {
      case "NOTSET", "" -> {
        node.require(Math.min(padBefore, padAfter) >= 0, "pads must not be negative");
        before[i] = padBefore;
        after[i] = padAfter;
      }
      case "VALID" -> {}
      case "SAME_UPPER", "SAME_LOWER" -> {
        long positions = (extent - 1L) / strides[i] + 1;
        long total = Math.max((positions - 1) * strides[i] + reach(i) - extent, 0);
        int half = Math.toIntExact(total / 2);
        int rest = Math.toIntExact(total - half);
        before[i] = auto.equals("SAME_UPPER") ? half : rest;
        after[i] = auto.equals("SAME_UPPER") ? rest : half;
      }
      default -> throw node.attributes().refused("auto_pad", "is " + auto);
    }
  }

  /** How many elements the kernel spans. */
  private long reach(int i) {
    return (kernel[i] - 1L) * dilations[i] + 1;
  }

  boolean hasExcess() {
    return excess[0] + excess[1] > 0;
  }

  /** The padding without the excess: above, left, below, right. */
  List<Integer> pads() {
    return List.of(before[0], before[1], after[0], after[1]);
  }

  /** The window, padded as the node asks for. */
  Window window() {
    return window(before[0], before[1], after[0] + excess[0], after[1] + excess[1]);
  }

  /** The window over images that are padded already, but for the excess. */
  Window overPadded() {
    return window(0, 0, excess[0], excess[1]);
  }

  private Window window(int top, int left, int bottom, int right) {
    return new Window(
        kernel[0],
        kernel[1],
        strides[0],
        strides[1],
        top,
        left,
        bottom,
        right,
        dilations[0],
        dilations[1]);
  }

  /** The shape of signals as images, n c 1 w; that of images as it is. */
  static Shape images(Shape shape) {
    return shape.rank() == 3 ? Shape.of(shape.dim(0), shape.dim(1), 1, shape.dim(2)) : shape;
  }

  /** The shape that the result of an operation on images has in the file. */
  static Shape signals(Shape result, int rank) {
    List<Integer> dims = new ArrayList<>();
    for (int dim : result.dims()) {
      dims.add(dim);
    }
    if (rank == 3) {
      dims.remove(2);
    }
    return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
  }
}
