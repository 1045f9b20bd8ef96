package dev.residual.bench.onnxruntime;

import dev.residual.graph.Add;
import dev.residual.graph.Conv2d;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Reshape;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.LongStream;

/** A folded inference graph as an ONNX model; the numbers are those of onnx.proto. */
final class OnnxModel {
  private static final int FLOAT = 1;
  private static final int INT64 = 7;
  private static final int OPSET = 17;
  private static final int IR_VERSION = 8;

  private final ProtoMessage graph = new ProtoMessage();
  private final Weights weights;

  private OnnxModel(Weights weights) {
    this.weights = weights;
  }

  static byte[] of(Graph source, Weights weights) {
    OnnxModel model = new OnnxModel(weights);
    model.graph.put(2, "network");
    source.ops().forEach(model::node);
    for (Value value : source.values()) {
      if (value.role() == Role.PARAMETER || value.role() == Role.STATE) {
        model.initializer(value);
      }
    }
    source.values(Role.INPUT).forEach(input -> model.graph.put(11, info(input)));
    source.outputs().forEach(output -> model.graph.put(12, info(output)));
    return new ProtoMessage()
        .put(1, IR_VERSION)
        .put(2, "residual")
        .put(7, model.graph)
        .put(8, new ProtoMessage().put(1, "").put(2, OPSET))
        .toBytes();
  }

  private void node(Op op) {
    switch (op) {
      case Conv2d o -> {
        Window w = o.window();
        ProtoMessage node =
            node(
                "Conv",
                o.dst(),
                o.src().name(),
                o.weights().name(),
                o.bias() == null ? "" : o.bias().name());
        window(node, w);
        node.put(5, ints("dilations", w.dilationH(), w.dilationW()));
        node.put(5, new ProtoMessage().put(1, "group").put(3, o.groups()).put(20, 2));
        graph.put(1, node);
      }
      case MaxPool2d o -> {
        ProtoMessage node = node("MaxPool", o.dst(), o.src().name());
        window(node, o.window());
        graph.put(1, node);
      }
      case Relu o -> graph.put(1, node("Relu", o.dst(), o.src().name()));
      case Add o -> graph.put(1, node("Add", o.dst(), o.src0().name(), o.src1().name()));
      case GlobalAvgPool o -> graph.put(1, node("GlobalAveragePool", o.dst(), o.src().name()));
      case Reshape o -> {
        long[] shape = Arrays.stream(o.dst().shape().dims()).asLongStream().toArray();
        graph.put(
            1,
            node("Reshape", o.dst(), o.src().name(), constant(o.dst().name() + ".shape", shape)));
      }
      case Linear o -> {
        ProtoMessage node =
            node(
                "Gemm",
                o.dst(),
                o.src().name(),
                o.weights().name(),
                o.bias() == null ? "" : o.bias().name());
        graph.put(1, node.put(5, new ProtoMessage().put(1, "transB").put(3, 1).put(20, 2)));
      }
      case ZeroPadShortcut o -> shortcut(o);
      default -> throw new UnsupportedOperationException("no ONNX form of " + op.kind());
    }
  }

  private void shortcut(ZeroPadShortcut op) {
    String name = op.dst().name();
    long more = op.dst().shape().dim(1) - op.src().shape().dim(1);
    graph.put(
        1,
        node("Slice", name + ".taken", op.src().name())
            .put(1, constant(name + ".starts", 0, 0))
            .put(1, constant(name + ".ends", Integer.MAX_VALUE, Integer.MAX_VALUE))
            .put(1, constant(name + ".axes", 2, 3))
            .put(1, constant(name + ".steps", op.stride(), op.stride())));
    graph.put(
        1,
        node("Pad", op.dst(), name + ".taken")
            .put(1, constant(name + ".pads", 0, more / 2, 0, 0, 0, more - more / 2, 0, 0)));
  }

  private static ProtoMessage node(String type, Value dst, String... inputs) {
    return node(type, dst.name(), inputs);
  }

  private static ProtoMessage node(String type, String dst, String... inputs) {
    ProtoMessage node = new ProtoMessage().put(2, dst).put(3, dst).put(4, type);
    Arrays.stream(inputs).filter(input -> !input.isEmpty()).forEach(input -> node.put(1, input));
    return node;
  }

  private static void window(ProtoMessage node, Window w) {
    node.put(5, ints("kernel_shape", w.kernelH(), w.kernelW()));
    node.put(5, ints("strides", w.strideH(), w.strideW()));
    node.put(5, ints("pads", w.padTop(), w.padLeft(), w.padBottom(), w.padRight()));
  }

  private static ProtoMessage ints(String name, long... values) {
    ProtoMessage attribute = new ProtoMessage().put(1, name);
    LongStream.of(values).forEach(value -> attribute.put(8, value));
    return attribute.put(20, INT64);
  }

  private String constant(String name, long... values) {
    ByteBuffer data = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    LongStream.of(values).forEach(data::putLong);
    graph.put(
        5,
        new ProtoMessage().put(1, values.length).put(2, INT64).put(8, name).put(9, data.array()));
    return name;
  }

  private void initializer(Value value) {
    Tensor tensor = weights.get(value.name());
    ProtoMessage proto = new ProtoMessage();
    for (int dim : value.shape().dims()) {
      proto.put(1, dim);
    }
    proto.put(2, FLOAT).put(8, value.name()).put(9, tensor.data().toArray(ValueLayout.JAVA_BYTE));
    graph.put(5, proto);
  }

  private static ProtoMessage info(Value value) {
    ProtoMessage shape = new ProtoMessage();
    for (int dim : value.shape().dims()) {
      shape.put(1, new ProtoMessage().put(1, dim));
    }
    ProtoMessage tensor = new ProtoMessage().put(1, FLOAT).put(2, shape);
    return new ProtoMessage().put(1, value.name()).put(2, new ProtoMessage().put(1, tensor));
  }
}
