package dev.residual.bench.tensorflow;

import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.Conv2d;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Relu;
import dev.residual.graph.Reshape;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.ZeroPadShortcut;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat32;

/**
 * A forward graph in TensorFlow's operations.
 *
 * <p>Padding is that which TensorFlow calls SAME: as much of it, and thus as much work, though with
 * strides in other places.
 */
final class TensorFlowNetwork {
  private final Ops tf;
  private final Function<Value, Operand<TFloat32>> parameters;
  private final Map<Value, Operand<TFloat32>> values = new HashMap<>();
  private final List<Op> updates = new ArrayList<>();

  /**
   * A network.
   *
   * @param parameters gives each parameter and state, once
   */
  TensorFlowNetwork(Ops tf, Function<Value, Operand<TFloat32>> parameters) {
    this.tf = tf;
    this.parameters = parameters;
  }

  Operand<TFloat32> forward(Graph graph, Value input, Operand<TFloat32> images) {
    values.put(input, images);
    for (dev.residual.graph.Op op : graph.ops()) {
      values.put(op.outputs().getFirst(), compute(op));
    }
    return get(graph.outputs().getFirst());
  }

  /** The updates of running statistics. */
  List<Op> updates() {
    return updates;
  }

  private Operand<TFloat32> compute(dev.residual.graph.Op op) {
    return switch (op) {
      case Conv2d o -> {
        Window w = o.window();
        List<Long> strides = List.of(1L, (long) w.strideH(), (long) w.strideW(), 1L);
        Operand<TFloat32> dst =
            tf.nn.conv2d(get(o.src()), parameters.apply(o.weights()), strides, "SAME");
        Value bias = o.bias();
        yield bias == null ? dst : tf.nn.biasAdd(dst, parameters.apply(bias));
      }
      case BatchNorm o -> normalize(o);
      case Relu o -> tf.nn.relu(get(o.src()));
      case Add o -> tf.math.add(get(o.src0()), get(o.src1()));
      case MaxPool2d o -> {
        Window w = o.window();
        yield tf.nn.maxPool(
            get(o.src()),
            tf.constant(new int[] {1, w.kernelH(), w.kernelW(), 1}),
            tf.constant(new int[] {1, w.strideH(), w.strideW(), 1}),
            "SAME");
      }
      case GlobalAvgPool o -> tf.math.mean(get(o.src()), tf.constant(new int[] {1, 2}));
      // The mean above has two dimensions already.
      case Reshape o -> tf.reshape(get(o.src()), tf.constant(o.dst().shape().dims()));
      case ZeroPadShortcut o -> {
        int more = o.dst().shape().dim(1) - o.src().shape().dim(1);
        int[] src = o.src().shape().dims();
        Operand<TFloat32> taken =
            tf.stridedSlice(
                get(o.src()),
                tf.constant(new int[4]),
                tf.constant(new int[] {src[0], src[2], src[3], src[1]}),
                tf.constant(new int[] {1, o.stride(), o.stride(), 1}));
        int[][] pads = {{0, 0}, {0, 0}, {0, 0}, {more / 2, more - more / 2}};
        yield tf.pad(taken, tf.constant(pads), tf.constant(0f));
      }
      case Linear o -> {
        Operand<TFloat32> dst =
            tf.linalg.matMul(get(o.src()), parameters.apply(o.weights()), MatMul.transposeB(true));
        Value bias = o.bias();
        yield bias == null ? dst : tf.nn.biasAdd(dst, parameters.apply(bias));
      }
      default -> throw new UnsupportedOperationException("no TensorFlow form of " + op.kind());
    };
  }

  private Operand<TFloat32> normalize(BatchNorm op) {
    Operand<TFloat32> mean = parameters.apply(op.runningMean());
    Operand<TFloat32> variance = parameters.apply(op.runningVariance());
    FusedBatchNorm<TFloat32, TFloat32> norm =
        tf.nn.fusedBatchNorm(
            get(op.src()),
            parameters.apply(op.scale()),
            parameters.apply(op.shift()),
            mean,
            variance,
            FusedBatchNorm.epsilon((float) op.epsilon()),
            FusedBatchNorm.exponentialAvgFactor((float) op.momentum()),
            FusedBatchNorm.isTraining(true));
    updates.add(tf.assign(mean, norm.batchMean()));
    updates.add(tf.assign(variance, norm.batchVariance()));
    return norm.y();
  }

  private Operand<TFloat32> get(Value value) {
    return Objects.requireNonNull(values.get(value), value::toString);
  }
}
