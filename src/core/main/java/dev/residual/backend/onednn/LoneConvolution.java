package dev.residual.backend.onednn;

import dev.residual.graph.Add;
import dev.residual.graph.Cast;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A convolution, a linear layer or a gradient of one as a graph of its own: its weights are a
 * parameter, and what else it reads are inputs.
 */
final class LoneConvolution {
  private final List<Op> ops = new ArrayList<>();
  private final boolean inPlace;

  private LoneConvolution(boolean inPlace) {
    this.inPlace = inPlace;
  }

  /**
   * The graph of one convolution.
   *
   * @param inPlace whether it is to write its result over what it adds, as it would over what
   *     another operation computed
   */
  static Graph of(Op op, boolean inPlace) {
    return new LoneConvolution(inPlace).graph(op);
  }

  private Graph graph(Op op) {
    Op lone =
        switch (op) {
          case Conv2d o ->
              new Conv2d(
                  input("src", o.src()),
                  weights(o.weights()),
                  vector("bias", o.bias()),
                  add(o.add()),
                  result("dst", o.dst()),
                  o.window(),
                  o.groups(),
                  o.relu());
          case QuantizedConv2d o ->
              new QuantizedConv2d(
                  input("src", o.src()),
                  Value.parameter("parameter", o.weights().shape(), o.weights().dtype()),
                  Value.parameter("scale", o.weightsScale().shape()),
                  vector("bias", o.bias()),
                  add(o.add()),
                  result("dst", o.dst()),
                  o.window(),
                  o.groups(),
                  o.relu(),
                  o.srcScale(),
                  o.addScale(),
                  o.dstScale());
          case Conv2dBackwardData o ->
              new Conv2dBackwardData(
                  input("diffDst", o.diffDst()),
                  weights(o.weights()),
                  result("diffSrc", o.diffSrc()),
                  o.window(),
                  o.groups());
          case Conv2dBackwardWeights o -> {
            Value bias = o.diffBias();
            yield new Conv2dBackwardWeights(
                input("src", o.src()),
                input("diffDst", o.diffDst()),
                result("diffWeights", o.diffWeights()),
                bias == null ? null : result("diffBias", bias),
                o.window(),
                o.groups());
          }
          case Linear o ->
              new Linear(
                  input("src", o.src()),
                  weights(o.weights()),
                  vector("bias", o.bias()),
                  result("dst", o.dst()));
          case LinearBackwardData o ->
              new LinearBackwardData(
                  input("diffDst", o.diffDst()),
                  weights(o.weights()),
                  result("diffSrc", o.diffSrc()));
          case LinearBackwardWeights o -> {
            Value bias = o.diffBias();
            yield new LinearBackwardWeights(
                input("src", o.src()),
                input("diffDst", o.diffDst()),
                result("diffWeights", o.diffWeights()),
                bias == null ? null : result("diffBias", bias));
          }
          default -> throw new IllegalArgumentException(op.kind() + " is no convolution");
        };
    ops.add(lone);
    if (!inPlace) {
      return new Graph(ops, lone.outputs());
    }
    // Outputs have memory of their own, so the sum is read once more.
    Value sum = lone.outputs().getFirst();
    boolean isFloating = sum.dtype().isFloating();
    Value read = Value.activation("read", sum.shape(), isFloating ? sum.dtype() : DType.F32);
    ops.add(isFloating ? new Add(sum, sum, read) : new Dequantize(sum, read, 1));
    return new Graph(ops, List.of(read));
  }

  private static Value input(String name, Value value) {
    return Value.input(name, value.shape(), value.dtype());
  }

  private static Value result(String name, Value value) {
    return Value.activation(name, value.shape(), value.dtype());
  }

  private static @Nullable Value vector(String name, @Nullable Value value) {
    return value == null ? null : Value.parameter(name, value.shape(), value.dtype());
  }

  private @Nullable Value add(@Nullable Value value) {
    if (value == null || !inPlace) {
      return value == null ? null : input("add", value);
    }
    Value add = result("add", value);
    boolean isFloating = value.dtype().isFloating();
    Value before = Value.input("add.before", value.shape(), isFloating ? value.dtype() : DType.F32);
    ops.add(isFloating ? new Relu(before, add) : new Quantize(before, add, 1));
    return add;
  }

  /** The parameter, or what is cast from it. */
  private Value weights(Value value) {
    Value parameter = Value.parameter("parameter", value.shape());
    if (value.dtype() == DType.F32) {
      return parameter;
    }
    Value cast = result("weights", value);
    ops.add(new Cast(parameter, cast));
    return cast;
  }
}
