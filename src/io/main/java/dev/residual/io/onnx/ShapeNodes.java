package dev.residual.io.onnx;

import dev.residual.graph.Concat;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.io.onnx.Merging.Merged;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Nodes that change shapes and leave elements alone, or move them; of constants too. */
final class ShapeNodes {
  private ShapeNodes() {}

  static void identity(Node node, Translation to) {
    to.define(to.operand(node, 0).named(node.output()));
  }

  static void dropout(Node node, Translation to) {
    node.requireOpset();
    node.attributes().integer("seed", 0);
    double ratio = node.attributes().number("ratio", 0.5);
    Tensor given = to.constant(node, 1);
    ratio = given == null ? ratio : given.get(0);
    Tensor training = to.constant(node, 2);
    node.require(
        training == null || training.get(0) == 0 || ratio == 0,
        "drops elements at random; export the network for inference");
    identity(node, to);
  }

  static void flatten(Node node, Translation to) {
    Shape src = to.operand(node, 0).shape();
    reshape(node, to, ShapeRules.flatten(node, src, node.attributes().integer("axis", 1)));
  }

  static void reshape(Node node, Translation to) {
    boolean allowZero = node.attributes().flag("allowzero", false);
    List<Long> extents = node.given(to.integers(node, 1), "the shape");
    Operand src = to.operand(node, 0);
    List<Long> fitting = src.constant() == null ? to.rows().in(extents, src.shape()) : extents;
    reshape(node, to, ShapeRules.reshape(node, src.shape(), fitting, allowZero));
  }

  static void squeeze(Node node, Translation to) {
    List<Long> axes = ShapeRules.axes(node, to, 13);
    reshape(node, to, ShapeRules.squeeze(node, to.operand(node, 0).shape(), axes));
  }

  static void unsqueeze(Node node, Translation to) {
    List<Long> axes = node.given(ShapeRules.axes(node, to, 13), "axes");
    reshape(node, to, ShapeRules.unsqueeze(node, to.operand(node, 0).shape(), axes));
  }

  private static void reshape(Node node, Translation to, Shape shape) {
    to.define(to.operand(node, 0).named(node.output()).reshaped(shape));
  }

  static void transpose(Node node, Translation to) {
    Operand src = to.operand(node, 0);
    int rank = src.shape().rank();
    List<Integer> axes =
        node.attributes().has("perm")
            ? node.attributes().integers("perm", rank, 0)
            : IntStream.range(0, rank).boxed().toList().reversed();
    node.require(
        axes.stream().sorted().toList().equals(IntStream.range(0, rank).boxed().toList()),
        "perm %s of %s",
        axes,
        src.shape());
    Shape shape = Shape.of(axes.stream().mapToInt(src.shape()::dim).toArray());
    Tensor constant = src.constant();
    if (constant != null) {
      long[] strides = Strided.rowMajor(src.shape());
      List<Long> turned = axes.stream().map(axis -> strides[axis]).toList();
      to.define(node, new Strided(shape, 0, turned).copy(constant, shape));
      return;
    }
    if (Merging.keepsOrder(src.shape(), axes)) {
      to.define(src.named(node.output()).reshaped(shape));
      return;
    }
    Merged merged = Merging.of(node, src.shape(), axes);
    Value value = to.value(src.reshaped(merged.shape()));
    Shape result = Transpose.dstShape(value, merged.axes());
    String name = result.equals(shape) ? node.output() : to.unique(node.output() + ".merged");
    Value dst = Value.activation(name, result, value.dtype());
    to.add(new Transpose(value, dst, merged.axes()));
    to.define(Operand.computed(node.output(), dst).reshaped(shape));
  }

  static void concat(Node node, Translation to) {
    Operand first = to.operand(node, 0);
    node.require(node.attributes().has("axis"), "axis is not given");
    int axis = node.axis(node.attributes().integer("axis", 0), first.shape().rank());
    int joint = 0;
    for (int i = 0; i < node.inputs(); i++) {
      Shape shape = to.operand(node, i).shape();
      node.require(
          shape.rank() == first.shape().rank()
              && shape.equals(first.shape().with(axis, shape.dim(axis))),
          "%s and %s along axis %d",
          first.shape(),
          shape,
          axis);
      joint = Math.addExact(joint, shape.dim(axis));
    }
    Shape shape = first.shape().with(axis, joint);
    if (to.isConstant(node)) {
      to.define(node, Constants.joined(node, to, axis, shape));
      return;
    }
    boolean overChannels = shape.rank() == 4 && axis == 1;
    int outer = ShapeRules.product(shape, 0, axis);
    int inner = ShapeRules.product(shape, axis + 1, shape.rank());
    List<Value> parts = new ArrayList<>();
    for (int i = 0; i < node.inputs(); i++) {
      Operand part = to.floats(node, i);
      Shape images = Shape.of(outer, part.shape().dim(axis), inner, 1);
      parts.add(to.value(overChannels ? part : part.reshaped(images)));
    }
    Shape images = overChannels ? shape : Shape.of(outer, joint, inner, 1);
    String name = overChannels ? node.output() : to.unique(node.output() + ".images");
    Value dst = Value.activation(name, images);
    to.add(new Concat(Collections.unmodifiableList(parts), dst));
    to.define(Operand.computed(node.output(), dst).reshaped(shape));
  }
}
