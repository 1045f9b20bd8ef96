package dev.residual.io.onnx;

import dev.residual.graph.Pad;
import dev.residual.graph.Slice;
import dev.residual.graph.Value;
import dev.residual.io.files.FileErrors;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Nodes that take parts of tensors, or put elements around them. */
final class MovementNodes {
  private MovementNodes() {}

  static void slice(Node node, Translation to) {
    Operand src = to.operand(node, 0);
    boolean early = node.opset() < 10;
    List<Long> starts = given(node, to, early, "starts", 1);
    List<Long> ends = given(node, to, early, "ends", 2);
    List<Long> axes = early ? node.attributes().longs("axes") : to.integers(node, 3);
    List<Long> steps = early ? null : to.integers(node, 4);
    Ranges ranges = Ranges.all(src.shape());
    for (int i = 0; i < starts.size(); i++) {
      long axis = axes == null ? i : at(node, axes, i);
      long step = steps == null ? 1 : at(node, steps, i);
      ranges =
          ranges.with(
              node, node.axis(axis, src.shape().rank()), starts.get(i), at(node, ends, i), step);
    }
    take(node, to, src, ranges, node.output());
  }

  /** Numbers that are an attribute at first, and an input later. */
  private static List<Long> given(
      Node node, Translation to, boolean early, String name, int input) {
    return node.given(early ? node.attributes().longs(name) : to.integers(node, input), name);
  }

  private static long at(Node node, List<Long> numbers, int index) {
    node.require(index < numbers.size(), "%s are too few", numbers);
    return numbers.get(index);
  }

  static void split(Node node, Translation to) {
    Operand src = to.operand(node, 0);
    int axis = node.axis(node.attributes().integer("axis", 0), src.shape().rank());
    int extent = src.shape().dim(axis);
    int parts = node.attributes().integer("num_outputs", node.outputs());
    node.require(parts == node.outputs() && parts > 0, "num_outputs is %d", parts);
    List<Long> given = node.opset() < 13 ? node.attributes().longs("split") : to.integers(node, 1);
    long each = Math.ceilDiv(extent, parts);
    long start = 0;
    for (int i = 0; i < parts; i++) {
      long length = given == null ? Math.min(each, extent - start) : at(node, given, i);
      node.require(length > 0 && start + length <= extent, "%d parts of %s", parts, src.shape());
      Ranges ranges = Ranges.all(src.shape()).with(node, axis, start, start + length, 1);
      take(node, to, src, ranges, node.output(i));
      start += length;
    }
  }

  /** Takes what ranges say. */
  private static void take(Node node, Translation to, Operand src, Ranges ranges, String name) {
    Tensor constant = src.constant();
    if (constant != null) {
      to.charge(node, ranges.shape().elements());
      to.define(Operand.constant(name, ranges.of(constant)));
      return;
    }
    if (ranges.shape().equals(src.shape()) && ranges.steps().stream().allMatch(s -> s == 1)) {
      to.define(src.named(name));
      return;
    }
    node.require(src.isFloating(), "input 0 holds integers");
    Value value = to.value(src);
    Value dst = Value.activation(name, ranges.shape());
    to.add(new Slice(value, dst, ranges.starts(), ranges.steps()));
    to.define(Operand.computed(name, dst));
  }

  static void pad(Node node, Translation to) {
    Operand src = to.operand(node, 0);
    int rank = src.shape().rank();
    boolean early = node.opset() < 11;
    List<Long> pads = given(node, to, early, "pads", 1);
    Tensor value = early ? null : to.constant(node, 2);
    List<Long> axes = to.integers(node, 3);
    double constant = value == null ? node.attributes().number("value", 0) : value.get(0);
    List<Integer> padded =
        axes == null
            ? IntStream.range(0, rank).boxed().toList()
            : axes.stream().map(axis -> node.axis(axis, rank)).toList();
    node.require(pads.size() == 2 * padded.size(), "pads %s of %s", pads, src.shape());
    List<Integer> before = new ArrayList<>(Collections.nCopies(rank, 0));
    List<Integer> after = new ArrayList<>(Collections.nCopies(rank, 0));
    for (int i = 0; i < padded.size(); i++) {
      before.set(padded.get(i), exact(node, pads.get(i)));
      after.set(padded.get(i), exact(node, pads.get(i + padded.size())));
    }
    Pad.Mode mode = mode(node);
    pad(node, to, cropped(node, to, src, before, after), before, after, mode, constant);
  }

  private static Pad.Mode mode(Node node) {
    String mode = node.attributes().text("mode", "constant");
    return switch (mode) {
      case "constant" -> Pad.Mode.CONSTANT;
      case "edge" -> Pad.Mode.EDGE;
      case "reflect" -> Pad.Mode.REFLECT;
      default ->
          throw node.attributes()
              .refused(
                  "mode",
                  "is %s; constant, edge and reflect are supported"
                      .formatted(FileErrors.quote(mode)));
    };
  }

  private static int exact(Node node, long number) {
    node.require(number == (int) number, "pads of %d", number);
    return (int) number;
  }

  /** Without what negative pads cut off. */
  private static Operand cropped(
      Node node, Translation to, Operand src, List<Integer> before, List<Integer> after) {
    Ranges ranges = Ranges.all(src.shape());
    for (int i = 0; i < before.size(); i++) {
      ranges =
          ranges.with(
              node,
              i,
              Math.max(0, -before.get(i)),
              src.shape().dim(i) - Math.max(0L, -(long) after.get(i)),
              1);
    }
    if (ranges.shape().equals(src.shape())) {
      return src;
    }
    String name = to.unique(node.output() + ".cropped");
    take(node, to, src, ranges, name);
    return to.operand(node.toString(), name);
  }

  private static void pad(
      Node node,
      Translation to,
      Operand src,
      List<Integer> before,
      List<Integer> after,
      Pad.Mode mode,
      double constant) {
    List<Integer> starts = before.stream().map(n -> Math.max(n, 0)).toList();
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      int dim = Math.addExact(src.shape().dim(i), starts.get(i));
      dims.add(Math.addExact(dim, Math.max(after.get(i), 0)));
    }
    Shape shape = ShapeRules.shape(dims);
    if (shape.equals(src.shape())) {
      to.define(src.named(node.output()));
      return;
    }
    node.require(src.isFloating(), "input 0 holds integers");
    Value dst = Value.activation(node.output(), shape);
    to.add(new Pad(to.value(src), dst, starts, mode, mode == Pad.Mode.CONSTANT ? constant : 0));
    to.define(node, dst);
  }

  /** Where a slice of a tensor begins and how it goes on. */
  record Ranges(Shape src, Shape shape, List<Integer> starts, List<Integer> steps) {
    static Ranges all(Shape src) {
      int rank = src.rank();
      return new Ranges(src, src, Collections.nCopies(rank, 0), Collections.nCopies(rank, 1));
    }

    /** With a range along an axis; ends beyond the tensor are those of the tensor. */
    Ranges with(Node node, int axis, long start, long end, long step) {
      node.require(step != 0 && step == (int) step, "a step of %d", step);
      int extent = src.dim(axis);
      long first = start < 0 ? start + extent : start;
      long last = end < 0 ? Math.max(end + extent, -1) : end;
      first = step > 0 ? Math.clamp(first, 0, extent) : Math.clamp(first, 0, extent - 1);
      last = step > 0 ? Math.clamp(last, 0, extent) : Math.clamp(last, -1, extent - 1);
      long count = Math.max(0, Math.ceilDiv(last - first, step));
      node.require(count > 0, "nothing is left of axis %d of %s", axis, src);
      List<Integer> newStarts = new ArrayList<>(starts);
      List<Integer> newSteps = new ArrayList<>(steps);
      newStarts.set(axis, (int) first);
      newSteps.set(axis, count == 1 ? 1 : (int) step);
      return new Ranges(src, shape.with(axis, (int) count), newStarts, newSteps);
    }

    /** That part of a constant. */
    Tensor of(Tensor tensor) {
      long[] strides = Strided.rowMajor(src);
      long offset = 0;
      for (int i = 0; i < strides.length; i++) {
        offset += starts.get(i) * strides[i];
        strides[i] *= steps.get(i);
      }
      return Strided.of(shape, offset, strides).copy(tensor, shape);
    }
  }
}
