package dev.residual.quantization;

import dev.residual.graph.Cast;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The pass that computes convolutions of 8-bit integers in F32 where a backend does not sum their
 * products: with the numbers that integers stand for, and results rounded to the same integers.
 */
public final class FloatingConvolutions {
  private final Predicate<Op> supports;
  private final List<Op> ops = new ArrayList<>();
  private final List<QuantizedConv2d> replaced = new ArrayList<>();

  private FloatingConvolutions(Graph graph, Predicate<Op> supports) {
    this.supports = supports;
    for (Op op : graph.ops()) {
      if (op instanceof QuantizedConv2d conv && isReplaced(conv)) {
        replace(conv);
      } else {
        ops.add(op);
      }
    }
  }

  /**
   * A graph without the convolutions of integers that are not supported; the same where there are
   * none.
   *
   * @param supports whether the backend can run an operation, as {@code backend::supports}
   */
  public static Graph of(Graph graph, Predicate<Op> supports) {
    FloatingConvolutions pass = new FloatingConvolutions(graph, supports);
    return pass.replaced.isEmpty() ? graph : new Graph(pass.ops, graph.outputs());
  }

  /** The same, with the weights of the graph: those of such convolutions become F32. */
  public static Folded of(Folded integer, Predicate<Op> supports) {
    FloatingConvolutions pass = new FloatingConvolutions(integer.graph(), supports);
    if (pass.replaced.isEmpty()) {
      return integer;
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>(integer.weights().tensors());
    pass.replaced.forEach(conv -> tensors.put(conv.weights().name(), real(conv, integer)));
    Graph graph = new Graph(pass.ops, integer.graph().outputs());
    return new Folded(graph, new Weights(tensors).of(graph));
  }

  private boolean isReplaced(QuantizedConv2d conv) {
    return conv.weights().role() == Role.PARAMETER
        && conv.weightsScale().role() == Role.PARAMETER
        && !supports.test(conv);
  }

  private void replace(QuantizedConv2d conv) {
    replaced.add(conv);
    Value dst = conv.dst();
    Value add = conv.add();
    Value result = dst.dtype() == DType.F32 ? dst : floats("result", dst, dst);
    ops.add(
        new Conv2d(
            dequantized("src", conv.src(), conv.srcScale(), dst),
            Value.parameter(conv.weights().name(), conv.weights().shape()),
            conv.bias(),
            add == null ? null : floating(add, conv.addScale(), dst),
            result,
            conv.window(),
            conv.groups(),
            conv.relu()));
    if (!dst.dtype().isFloating()) {
      ops.add(new Quantize(result, dst, conv.dstScale()));
    } else if (dst.dtype() != DType.F32) {
      ops.add(new Cast(result, dst));
    }
  }

  /** What is added, in F32. */
  private Value floating(Value add, double scale, Value dst) {
    if (!add.dtype().isFloating()) {
      return dequantized("add", add, scale, dst);
    }
    if (add.dtype() == DType.F32) {
      return add;
    }
    Value wide = floats("add", add, dst);
    ops.add(new Cast(add, wide));
    return wide;
  }

  private Value dequantized(String what, Value integers, double scale, Value dst) {
    Value floats = floats(what, integers, dst);
    ops.add(new Dequantize(integers, floats, scale));
    return floats;
  }

  private static Value floats(String what, Value of, Value dst) {
    return Value.activation("%s (%s)".formatted(dst.name(), what), of.shape());
  }

  /** The numbers that the weights of a convolution stand for. */
  private static Tensor real(QuantizedConv2d conv, Folded integer) {
    Tensor integers = integer.weights().get(conv.weights().name());
    Tensor scales = integer.weights().get(conv.weightsScale().name());
    Tensor real = Tensor.zeros(DType.F32, integers.shape());
    long kernel = real.shape().elements() / real.shape().dim(0);
    for (long i = 0; i < real.shape().elements(); i++) {
      real.set(i, integers.get(i) * scales.get(i / kernel));
    }
    return real;
  }
}
