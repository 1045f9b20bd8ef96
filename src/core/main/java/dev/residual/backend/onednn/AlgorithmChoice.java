package dev.residual.backend.onednn;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.graph.Cast;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The choice of an algorithm for a convolution: what settings allow, and is fastest here. */
final class AlgorithmChoice {
  /** Floating-point operations below which any takes microseconds. */
  private static final double WORTH_MEASURING = 1e7;

  /** Bytes of images beyond which measuring takes memory that the session itself may need. */
  private static final long TOO_MUCH_TO_MEASURE = 1L << 29;

  private AlgorithmChoice() {}

  /**
   * The fastest algorithm.
   *
   * @param op a convolution or a gradient of one
   * @param repacks whether its weights are packed before each use, which takes time, too
   * @param order those that can do it, the one to take without a measurement first
   */
  static Algorithm fastest(KernelSettings settings, Op op, boolean repacks, List<Algorithm> order) {
    List<Algorithm> allowed = order.stream().filter(settings.convolutions()::contains).toList();
    if (allowed.isEmpty()) {
      return Algorithm.ONEDNN;
    }
    long bytes =
        Stream.concat(op.inputs().stream(), op.outputs().stream()).mapToLong(Value::bytes).sum();
    if (allowed.size() == 1
        || Cost.of(op).flops() < WORTH_MEASURING
        || bytes > TOO_MUCH_TO_MEASURE) {
      return allowed.getFirst();
    }
    return Algorithm.valueOf(
        Tuning.fastest(
            describe(op, settings.threads(), repacks, allowed),
            allowed.stream().map(Enum::name).toList(),
            name ->
                OneDnnSession.compile(alone(op), settings.with(Algorithm.valueOf(name), repacks))));
  }

  /** All that a choice depends on; one among fewer algorithms is another choice. */
  private static String describe(Op op, int threads, boolean repacks, List<Algorithm> allowed) {
    String shapes =
        op.inputs().stream()
            .map(value -> value.shape().toString())
            .collect(Collectors.joining(" "));
    DType dtype = op.inputs().getFirst().dtype();
    return "%s %s %s %s %d threads of %s%s"
        .formatted(
            op.kind(), dtype, shapes, window(op), threads, allowed, repacks ? " with packing" : "");
  }

  private static Window window(Op op) {
    return switch (op) {
      case Conv2d conv -> conv.window();
      case Conv2dBackwardData conv -> conv.window();
      case Conv2dBackwardWeights conv -> conv.window();
      default -> throw new IllegalArgumentException(op.kind() + " is no convolution");
    };
  }

  /** The operation with weights that are a parameter, and inputs for what else it reads. */
  private static Graph alone(Op op) {
    return switch (op) {
      case Conv2d conv -> {
        Value parameter = Value.parameter("parameter", conv.weights().shape());
        Value weights = weights(parameter, conv.weights().dtype());
        Value bias = conv.bias();
        Value add = conv.add();
        yield graph(
            parameter,
            weights,
            new Conv2d(
                input("src", conv.src()),
                weights,
                bias == null ? null : Value.parameter("bias", bias.shape()),
                add == null ? null : input("add", add),
                result(conv.dst()),
                conv.window(),
                conv.groups(),
                conv.relu()));
      }
      case Conv2dBackwardData conv -> {
        Value parameter = Value.parameter("parameter", conv.weights().shape());
        Value weights = weights(parameter, conv.weights().dtype());
        yield graph(
            parameter,
            weights,
            new Conv2dBackwardData(
                input("diffDst", conv.diffDst()),
                weights,
                result(conv.diffSrc()),
                conv.window(),
                conv.groups()));
      }
      case Conv2dBackwardWeights conv ->
          Graph.of(
              new Conv2dBackwardWeights(
                  input("src", conv.src()),
                  input("diffDst", conv.diffDst()),
                  result(conv.diffWeights()),
                  null,
                  conv.window(),
                  conv.groups()));
      default -> throw new IllegalArgumentException(op.kind() + " is no convolution");
    };
  }

  private static Value input(String name, Value value) {
    return Value.input(name, value.shape(), value.dtype());
  }

  private static Value result(Value value) {
    return Value.activation("result", value.shape(), value.dtype());
  }

  /** The parameter, or what is cast from it. */
  private static Value weights(Value parameter, DType dtype) {
    return dtype == DType.F32 ? parameter : Value.activation("weights", parameter.shape(), dtype);
  }

  private static Graph graph(Value parameter, Value weights, Op op) {
    return weights.equals(parameter)
        ? Graph.of(op)
        : new Graph(List.of(new Cast(parameter, weights), op), op.outputs());
  }
}
