package dev.residual.bench.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import dev.residual.graph.Add;
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
import dev.residual.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A forward graph, run by calling DJL's functions one after the other. */
record EagerNetwork(Graph graph, Map<Value, NDArray> fixed) {

  /** The output; what is made on the way belongs to the manager of the images. */
  NDArray forward(Value input, NDArray images, Value output) {
    Map<Value, NDArray> values = new HashMap<>(fixed);
    values.put(input, images);
    for (Op op : graph.ops()) {
      values.put(op.outputs().getFirst(), compute(op, values));
    }
    return get(values, output);
  }

  static NDArray array(NDManager manager, Tensor tensor) {
    return manager.create(tensor.toFloats(), shape(tensor.shape()));
  }

  private static NDArray compute(Op op, Map<Value, NDArray> values) {
    return switch (op) {
      case dev.residual.graph.Conv2d o -> {
        Window w = o.window();
        yield Conv2d.conv2d(
                get(values, o.src()),
                get(values, o.weights()),
                optional(values, o.bias()),
                new Shape(w.strideH(), w.strideW()),
                new Shape(w.padTop(), w.padLeft()),
                new Shape(w.dilationH(), w.dilationW()),
                o.groups())
            .singletonOrThrow();
      }
      case dev.residual.graph.BatchNorm o ->
          BatchNorm.batchNorm(
                  get(values, o.src()),
                  get(values, o.runningMean()),
                  get(values, o.runningVariance()),
                  get(values, o.scale()),
                  get(values, o.shift()),
                  1,
                  (float) o.momentum(),
                  (float) o.epsilon(),
                  true)
              .singletonOrThrow();
      case Relu o -> Activation.relu(get(values, o.src()));
      case Add o -> get(values, o.src0()).addi(get(values, o.src1()));
      case MaxPool2d o -> {
        Window w = o.window();
        yield Pool.maxPool2d(
            get(values, o.src()),
            new Shape(w.kernelH(), w.kernelW()),
            new Shape(w.strideH(), w.strideW()),
            new Shape(w.padTop(), w.padLeft()),
            false);
      }
      case GlobalAvgPool o -> Pool.globalAvgPool2d(get(values, o.src()));
      case Reshape o -> get(values, o.src()).reshape(shape(o.dst().shape()));
      case ZeroPadShortcut o -> {
        long more = o.dst().shape().dim(1) - o.src().shape().dim(1);
        NDArray taken = get(values, o.src()).get(":, :, ::" + o.stride() + ", ::" + o.stride());
        yield taken.pad(new Shape(0, 0, 0, 0, more / 2, more - more / 2), 0);
      }
      case Linear o ->
          ai.djl.nn.core.Linear.linear(
                  get(values, o.src()), get(values, o.weights()), optional(values, o.bias()))
              .singletonOrThrow();
      default -> throw new UnsupportedOperationException("no DJL form of " + op.kind());
    };
  }

  private static Shape shape(dev.residual.tensor.Shape shape) {
    return new Shape(Arrays.stream(shape.dims()).asLongStream().toArray());
  }

  private static NDArray get(Map<Value, NDArray> values, Value value) {
    return Objects.requireNonNull(values.get(value), value::toString);
  }

  private static @Nullable NDArray optional(Map<Value, NDArray> values, @Nullable Value value) {
    return value == null ? null : get(values, value);
  }
}
