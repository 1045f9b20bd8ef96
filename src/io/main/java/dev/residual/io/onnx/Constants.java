package dev.residual.io.onnx;

import dev.residual.io.onnx.format.TensorProto;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Nodes that are evaluated when a graph is read, since their results are constants. Exporters write
 * the shapes that nodes want as such computations.
 */
final class Constants {
  private Constants() {}

  static void constant(Node node, Translation to) {
    Attributes attributes = node.attributes();
    TensorProto proto = attributes.tensor("value");
    List<Long> ints = attributes.longs("value_ints");
    List<Float> floats = attributes.numbers("value_floats");
    if (proto != null) {
      to.define(Operand.constant(node.output(), tensor(node, proto)));
    } else if (ints != null) {
      node.require(!ints.isEmpty(), "has no elements");
      to.define(node, Integers.vector(ints));
    } else if (floats != null) {
      node.require(!floats.isEmpty(), "has no elements");
      to.define(node, Tensor.of(Shape.of(floats.size()), floats(floats)));
    } else if (attributes.has("value_int")) {
      to.define(node, scalar(attributes.integer("value_int", 0)));
    } else if (attributes.has("value_float")) {
      to.define(node, Tensor.of(Shape.SCALAR, (float) attributes.number("value_float", 0)));
    } else {
      throw node.refused("has no value of numbers");
    }
  }

  private static float[] floats(List<Float> list) {
    float[] floats = new float[list.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = list.get(i);
    }
    return floats;
  }

  private static Tensor scalar(long number) {
    return Integers.vector(List.of(number)).reshape(Shape.SCALAR);
  }

  /** A tensor of an attribute, whose elements lie in the file itself. */
  private static Tensor tensor(Node node, TensorProto proto) {
    try {
      node.require(proto.getDataLocation() == 0, "an attribute with external data");
      return OnnxTensors.of(proto, new ExternalData(Path.of("")));
    } catch (IOException e) {
      throw new UnsupportedNodeException(node + ": " + e.getMessage(), e);
    }
  }

  static void shape(Node node, Translation to) {
    Shape shape = to.operand(node, 0).shape();
    int rank = shape.rank();
    int begin = bound(node.attributes().integer("start", 0), rank);
    int end = bound(node.attributes().integer("end", rank), rank);
    node.require(begin < end, "no extents of %s", shape);
    List<Long> extents = new ArrayList<>();
    Arrays.stream(shape.dims(), begin, end).forEach(dim -> extents.add((long) dim));
    to.define(node, Integers.vector(extents));
  }

  private static int bound(int index, int rank) {
    return Math.clamp(index < 0 ? index + rank : index, 0, rank);
  }

  static void size(Node node, Translation to) {
    to.define(node, scalar(to.operand(node, 0).shape().elements()));
  }

  static void filled(Node node, Translation to) {
    TensorProto value = node.attributes().tensor("value");
    Tensor element = value == null ? Tensor.zeros(DType.F32, Shape.SCALAR) : tensor(node, value);
    node.require(element.shape().elements() == 1, "value is %s", element.shape());
    Shape shape = given(node, to, 0);
    to.charge(node, shape.elements());
    to.define(node, Arithmetic.expand(node, element.reshape(Shape.SCALAR), shape));
  }

  /** The shape that an input lists. */
  private static Shape given(Node node, Translation to, int input) {
    List<Long> extents = node.given(to.integers(node, input), "the shape");
    for (long extent : extents) {
      node.require(extent > 0 && extent <= Integer.MAX_VALUE, "the shape %s", extents);
    }
    return Shape.of(extents.stream().mapToInt(Math::toIntExact).toArray());
  }

  static void expand(Node node, Translation to) {
    Operand src = to.operand(node, 0);
    Shape shape = Strided.broadcast(src.shape(), given(node, to, 1)).shape();
    if (src.constant() == null && shape.equals(src.shape())) {
      to.define(src.named(node.output()));
      return;
    }
    Tensor constant = Arithmetic.constant(node, to, 0);
    to.charge(node, shape.elements());
    to.define(node, Arithmetic.expand(node, constant, shape));
  }

  static void range(Node node, Translation to) {
    Tensor start = Arithmetic.constant(node, to, 0);
    node.require(!start.dtype().isFloating(), "a range of floats");
    long begin = Integers.at(start, 0);
    long end = Integers.at(Arithmetic.constant(node, to, 1), 0);
    long step = Integers.at(Arithmetic.constant(node, to, 2), 0);
    node.require(step != 0, "a step of 0");
    long count = Math.ceilDiv(Math.subtractExact(end, begin), step);
    node.require(count > 0 && count <= Integer.MAX_VALUE, "%d elements", count);
    to.charge(node, count);
    Tensor range = Tensor.zeros(start.dtype(), Shape.of((int) count));
    for (int i = 0; i < count; i++) {
      Integers.set(range, i, begin + i * step);
    }
    to.define(node, range);
  }

  static void gather(Node node, Translation to) {
    Tensor data = Arithmetic.constant(node, to, 0);
    Tensor indices = Arithmetic.constant(node, to, 1);
    Shape shape = data.shape();
    int axis = node.axis(node.attributes().integer("axis", 0), shape.rank());
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < shape.rank(); i++) {
      if (i == axis) {
        Arrays.stream(indices.shape().dims()).forEach(dims::add);
      } else {
        dims.add(shape.dim(i));
      }
    }
    Shape result = ShapeRules.shape(dims);
    to.charge(node, result.elements());
    Tensor dst = Tensor.zeros(data.dtype(), result);
    long block = (long) ShapeRules.product(shape, axis + 1, shape.rank()) * data.dtype().bytes();
    long count = indices.shape().elements();
    int outer = ShapeRules.product(shape, 0, axis);
    for (int i = 0; i < outer; i++) {
      for (int j = 0; j < count; j++) {
        int index = node.axis(Integers.at(indices, j), shape.dim(axis));
        long from = ((long) i * shape.dim(axis) + index) * block;
        MemorySegment.copy(data.data(), from, dst.data(), (i * count + j) * block, block);
      }
    }
    to.define(node, dst);
  }

  /** The constants that a node joins along an axis. */
  static Tensor joined(Node node, Translation to, int axis, Shape shape) {
    to.charge(node, shape.elements());
    Tensor first = Arithmetic.constant(node, to, 0);
    Tensor dst = Tensor.zeros(first.dtype(), shape);
    long inner = (long) ShapeRules.product(shape, axis + 1, shape.rank()) * first.dtype().bytes();
    int outer = ShapeRules.product(shape, 0, axis);
    long row = shape.dim(axis) * inner;
    long begin = 0;
    for (int i = 0; i < node.inputs(); i++) {
      Tensor part = Arithmetic.constant(node, to, i);
      node.require(part.dtype() == first.dtype(), "%s and %s", first, part);
      long bytes = part.shape().dim(axis) * inner;
      for (int j = 0; j < outer; j++) {
        MemorySegment.copy(part.data(), j * bytes, dst.data(), j * row + begin, bytes);
      }
      begin += bytes;
    }
    return dst;
  }

  static void cast(Node node, Translation to) {
    ElementType type;
    try {
      type = ElementType.of(node.attributes().integer("to", 0));
    } catch (IOException e) {
      throw new UnsupportedNodeException(node + ": " + e.getMessage(), e);
    }
    node.attributes().integer("saturate", 1);
    Operand src = to.operand(node, 0);
    Tensor constant = src.constant();
    if (constant == null && src.value().dtype() == type.dtype() && !src.isFloating()) {
      to.define(src.named(node.output()));
      return;
    }
    if (constant == null) {
      to.floats(node, 0);
      node.require(
          type.dtype().isFloating() && type.dtype() != DType.F64,
          "a computed tensor becomes %s; only FLOAT, FLOAT16 and BFLOAT16 are supported",
          type);
      // The precision of what is computed is chosen by whoever runs the network.
      to.define(src.named(node.output()));
      return;
    }
    to.charge(node, constant.shape().elements());
    to.define(node, converted(constant, type));
  }

  private static Tensor converted(Tensor tensor, ElementType type) {
    if (type != ElementType.BOOL && (type.dtype().isFloating() || !tensor.dtype().isFloating())) {
      return tensor.to(type.dtype());
    }
    Tensor converted = Tensor.zeros(type.dtype(), tensor.shape());
    for (long i = 0; i < tensor.shape().elements(); i++) {
      double element = tensor.get(i);
      // Towards zero.
      Integers.set(converted, i, type == ElementType.BOOL ? element != 0 ? 1 : 0 : (long) element);
    }
    return converted;
  }

  /** The translation of a function of each element of a constant. */
  static Translator function(DoubleUnaryOperator function) {
    return (node, to) -> {
      Tensor src = Arithmetic.constant(node, to, 0);
      to.charge(node, src.shape().elements());
      Tensor dst = Tensor.zeros(src.dtype(), src.shape());
      for (long i = 0; i < src.shape().elements(); i++) {
        dst.set(i, function.applyAsDouble(src.get(i)));
      }
      to.define(node, dst);
    };
  }

  /** The translation of a comparison or remainder of whole numbers. */
  static Translator ofIntegers(LongBinaryOperator function, @Nullable DType type) {
    return (node, to) -> {
      Tensor a = Arithmetic.constant(node, to, 0);
      Tensor b = Arithmetic.constant(node, to, 1);
      node.require(
          !a.dtype().isFloating() && !b.dtype().isFloating(), "floats, integers are supported");
      node.attributes().integer("fmod", 0);
      DType result = type == null ? a.dtype() : type;
      to.define(node, Arithmetic.longs(node, a, b, result, function));
    };
  }

  static void where(Node node, Translation to) {
    Tensor condition = Arithmetic.constant(node, to, 0);
    Tensor first = Arithmetic.constant(node, to, 1);
    Tensor second = Arithmetic.constant(node, to, 2);
    node.require(first.dtype() == second.dtype(), "%s and %s", first, second);
    Shape both = Strided.broadcast(first.shape(), second.shape()).shape();
    Shape shape = Strided.broadcast(condition.shape(), both).shape();
    to.charge(node, 4 * shape.elements());
    Tensor chosen = Arithmetic.expand(node, condition, shape);
    Tensor dst = Arithmetic.expand(node, first, shape);
    Tensor other = Arithmetic.expand(node, second, shape);
    int bytes = dst.dtype().bytes();
    for (long i = 0; i < shape.elements(); i++) {
      if (chosen.get(i) == 0) {
        MemorySegment.copy(other.data(), i * bytes, dst.data(), i * bytes, bytes);
      }
    }
    to.define(node, dst);
  }

  /** The product of all whole numbers. */
  static void product(Node node, Translation to) {
    Tensor src = Arithmetic.constant(node, to, 0);
    boolean keepsExtents = node.attributes().flag("keepdims", true);
    List<Long> axes = ShapeRules.axes(node, to, 18);
    node.require(
        !src.dtype().isFloating() && (axes == null || axes.size() == src.shape().rank()),
        "a product of %s over axes %s; of all integers it is supported",
        src,
        axes);
    long product = 1;
    for (long i = 0; i < src.shape().elements(); i++) {
      product *= Integers.at(src, i);
    }
    Shape shape = src.shape();
    for (int i = 0; i < shape.rank(); i++) {
      shape = shape.with(i, 1);
    }
    to.define(node, scalar(product).to(src.dtype()).reshape(keepsExtents ? shape : Shape.SCALAR));
  }
}
