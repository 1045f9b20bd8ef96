package dev.residual.io.onnx;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Quantization;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The pass that lets convolutions between integers compute with them. The images must be integers
 * whose zero point is 0, and the weights signed ones, with one scale or one for each output
 * channel. A ReLU behind, and the rounding to integers behind that, become part of the convolution.
 */
final class IntegerConvolutions {
  private final OnnxGraph source;
  private final Predicate<Op> supports;
  private final Map<Value, Op> writers = new HashMap<>();
  private final Map<Value, List<Op>> readers = new HashMap<>();
  private final Map<Op, Op> replaced = new IdentityHashMap<>();
  private final Map<String, Tensor> tensors;

  private IntegerConvolutions(OnnxGraph source, Predicate<Op> supports) {
    this.source = source;
    this.supports = supports;
    tensors = new LinkedHashMap<>(source.weights().tensors());
    for (Op op : source.graph().ops()) {
      op.outputs().forEach(value -> writers.put(value, op));
      Set.copyOf(op.inputs())
          .forEach(value -> readers.computeIfAbsent(value, v -> new ArrayList<>()).add(op));
    }
  }

  /** The graph with those integer convolutions that are supported. */
  static OnnxGraph of(OnnxGraph source, Predicate<Op> supports) {
    return new IntegerConvolutions(source, supports).rewritten();
  }

  private OnnxGraph rewritten() {
    List<Op> ops = new ArrayList<>();
    for (Op op : source.graph().ops()) {
      if (op instanceof Conv2d conv && conv.add() == null && !conv.relu()) {
        replace(conv);
      }
    }
    for (Op op : source.graph().ops()) {
      ops.add(replaced.getOrDefault(op, op));
    }
    Graph graph = Graph.needed(ops, source.graph().outputs());
    Map<String, Tensor> kept = new LinkedHashMap<>();
    for (Value value : graph.values()) {
      Tensor tensor = tensors.get(value.name());
      if (tensor != null && value.role() != Role.ACTIVATION) {
        kept.put(value.name(), tensor);
      }
    }
    return new OnnxGraph(
        graph, source.inputs(), source.outputs(), new Weights(kept), source.integers());
  }

  private void replace(Conv2d conv) {
    QuantizedConstant weights = source.integers().get(conv.weights().name());
    boolean isFixed =
        conv.weights().role() == Role.PARAMETER
            && (conv.bias() == null || conv.bias().role() == Role.PARAMETER);
    if (weights == null
        || !isFixed
        || readers.getOrDefault(conv.weights(), List.of()).size() > 1
        || !(writers.get(conv.src()) instanceof Dequantize images)) {
      return;
    }
    int channels = conv.weights().shape().dim(0);
    Value kernels = Value.parameter(conv.weights().name(), conv.weights().shape(), DType.S8);
    Value scale = Value.parameter(conv.weights().name() + Quantization.SCALE, Shape.of(channels));
    if (tensors.containsKey(scale.name())) {
      return;
    }
    QuantizedConv2d integer =
        QuantizedConv2d.of(conv, images.src(), kernels, scale, images.scale());
    Op last = conv;
    if (onlyReader(conv.dst()) instanceof Relu relu) {
      last = relu;
      integer = withRelu(integer, relu.dst());
    }
    if (onlyReader(last.outputs().getFirst()) instanceof Quantize rounding) {
      last = rounding;
      integer = integer.withDst(rounding.dst(), rounding.scale());
    }
    if (supports.test(integer)) {
      replaced.put(last, integer);
      tensors.put(kernels.name(), weights.integers().reshape(kernels.shape()));
      tensors.put(scale.name(), weights.scales(channels));
    }
  }

  private static QuantizedConv2d withRelu(QuantizedConv2d conv, Value dst) {
    return new QuantizedConv2d(
        conv.src(),
        conv.weights(),
        conv.weightsScale(),
        conv.bias(),
        null,
        dst,
        conv.window(),
        conv.groups(),
        true,
        conv.srcScale(),
        1,
        1);
  }

  private @Nullable Op onlyReader(Value value) {
    List<Op> all = readers.getOrDefault(value, List.of());
    return all.size() == 1 && !source.graph().outputs().contains(value) ? all.getFirst() : null;
  }
}
