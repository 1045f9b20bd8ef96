package dev.residual.bench.pytorch;

import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.Conv2d;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Reshape;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.ZeroPadShortcut;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A forward graph, run by calling PyTorch's functions one after the other, in place where modules
 * of torchvision work in place.
 */
final class EagerNetwork {
  private final Graph graph;
  private final Map<Value, Tensor> fixed;
  private final torch.ScalarType type;

  /**
   * A network.
   *
   * @param fixed parameters and states
   * @param type of activations; weights of other types are converted as autocast does
   */
  EagerNetwork(Graph graph, Map<Value, Tensor> fixed, torch.ScalarType type) {
    this.graph = graph;
    this.fixed = fixed;
    this.type = type;
  }

  Tensor forward(Value input, Tensor images, Value output) {
    Map<Value, Tensor> values = new HashMap<>(fixed);
    values.put(input, images);
    for (Op op : graph.ops()) {
      values.put(op.outputs().getFirst(), compute(op, values));
    }
    return get(values, output);
  }

  private Tensor compute(Op op, Map<Value, Tensor> values) {
    return switch (op) {
      case Conv2d o -> {
        Window w = o.window();
        yield torch.conv2d(
            get(values, o.src()),
            cast(get(values, o.weights())),
            optional(values, o.bias()),
            new long[] {w.strideH(), w.strideW()},
            new long[] {w.padTop(), w.padLeft()},
            new long[] {w.dilationH(), w.dilationW()},
            o.groups());
      }
      case BatchNorm o ->
          torch.batch_norm(
              get(values, o.src()),
              optional(values, o.scale()),
              optional(values, o.shift()),
              optional(values, o.runningMean()),
              optional(values, o.runningVariance()),
              true,
              o.momentum(),
              o.epsilon(),
              true);
      case Relu o -> get(values, o.src()).relu_();
      case Add o -> get(values, o.src0()).add_(get(values, o.src1()));
      case MaxPool2d o -> {
        Window w = o.window();
        yield torch.max_pool2d(
            get(values, o.src()),
            new long[] {w.kernelH(), w.kernelW()},
            new long[] {w.strideH(), w.strideW()},
            new long[] {w.padTop(), w.padLeft()},
            new long[] {w.dilationH(), w.dilationW()},
            false);
      }
      case GlobalAvgPool o -> torch.adaptive_avg_pool2d(get(values, o.src()), 1, 1);
      case Reshape o -> get(values, o.src()).reshape(Tensors.longs(o.dst().shape()));
      case ZeroPadShortcut o -> {
        long more = o.dst().shape().dim(1) - o.src().shape().dim(1);
        Tensor src = get(values, o.src());
        Tensor taken =
            src.slice(2, new LongOptional(), new LongOptional(), o.stride())
                .slice(3, new LongOptional(), new LongOptional(), o.stride());
        yield torch.constant_pad_nd(taken, 0, 0, 0, 0, more / 2, more - more / 2);
      }
      case Linear o ->
          torch.linear(
              get(values, o.src()),
              cast(get(values, o.weights())),
              o.bias() == null
                  ? new TensorOptional()
                  : new TensorOptional(cast(get(values, o.bias()))));
      default -> throw new UnsupportedOperationException("no PyTorch form of " + op.kind());
    };
  }

  private Tensor cast(Tensor weights) {
    return weights.scalar_type() == type ? weights : weights.to(type);
  }

  private static Tensor get(Map<Value, Tensor> values, Value value) {
    return Objects.requireNonNull(values.get(value), value::toString);
  }

  private TensorOptional optional(Map<Value, Tensor> values, @Nullable Value value) {
    return value == null ? new TensorOptional() : new TensorOptional(get(values, value));
  }
}
