package dev.residual.graph.passes;

import static java.util.Objects.requireNonNull;

import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.AdaptiveAvgPool2dBackward;
import dev.residual.graph.Add;
import dev.residual.graph.AllReduce;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.BiasGradient;
import dev.residual.graph.Binary;
import dev.residual.graph.Cast;
import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.Eltwise;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.Lerp;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Pad;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Reshape;
import dev.residual.graph.Slice;
import dev.residual.graph.Softmax;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The reverse walk over a graph that emits the gradient of each operation. */
final class BackwardPass {
  private final Set<Value> needed;
  private final Map<Value, Value> seeds;
  private final Map<Value, List<Value>> parts = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private final List<Op> forward = new ArrayList<>();
  private final List<Op> backward = new ArrayList<>();

  BackwardPass(Graph graph, Map<Value, Value> seeds, Collection<Value> wrt) {
    this.seeds = seeds;
    this.needed = dependents(graph, wrt);
    graph.values().forEach(value -> names.add(value.name()));
    seeds.forEach((value, seed) -> parts(value).add(seed));
    for (Op op : graph.ops().reversed()) {
      forward.addFirst(differentiate(op));
    }
    wrt.forEach(this::finish);
  }

  List<Op> ops() {
    List<Op> ops = new ArrayList<>(forward);
    ops.addAll(backward);
    return ops;
  }

  @Nullable Value gradient(Value value) {
    List<Value> gradients = parts.get(value);
    return gradients == null ? null : gradients.getFirst();
  }

  /** The values that depend on those asked for, which therefore need gradients. */
  private static Set<Value> dependents(Graph graph, Collection<Value> wrt) {
    Set<Value> needed = new HashSet<>(wrt);
    for (Op op : graph.ops()) {
      if (op.inputs().stream().anyMatch(needed::contains)) {
        needed.addAll(op.outputs());
      }
    }
    return needed;
  }

  /**
   * Emits the gradient of an operation and returns the operation, with workspace if it needs one.
   */
  private Op differentiate(Op op) {
    Value dst = op.outputs().isEmpty() ? null : op.outputs().getFirst();
    Value diff = dst == null || !needed.contains(dst) ? null : sum(dst);
    return diff == null ? op : differentiate(op, diff);
  }

  private Op differentiate(Op op, Value diff) {
    switch (op) {
      case Conv2d conv -> convolution(conv, diff);
      case BatchNorm norm -> {
        return batchNorm(norm, diff);
      }
      case BatchNormInference norm -> frozenBatchNorm(norm, diff);
      case Relu relu -> emit(relu.src(), d -> new ReluBackward(relu.dst(), diff, d));
      case Add add -> {
        pass(add.src0(), diff);
        pass(add.src1(), diff);
      }
      case MaxPool2d pool -> {
        return maxPool(pool, diff);
      }
      case AvgPool2d pool ->
          emit(
              pool.src(),
              d -> new AvgPool2dBackward(diff, d, pool.window(), pool.includePadding()));
      case AdaptiveAvgPool2d pool -> emit(pool.src(), d -> new AdaptiveAvgPool2dBackward(diff, d));
      case GlobalAvgPool pool -> emit(pool.src(), d -> new GlobalAvgPoolBackward(diff, d));
      case Linear linear -> linear(linear, diff);
      case Dropout dropout ->
          emit(
              dropout.src(),
              d -> new DropoutBackward(diff, dropout.mask(), d, dropout.probability()));
      case SoftmaxCrossEntropy ce -> {
        if (needed.contains(ce.labels())) {
          throw new IllegalArgumentException(
              "Gradients: no gradient is defined for the labels " + ce.labels());
        }
        // What is its own seed stands for 1.
        Value seed = diff.equals(seeds.get(diff)) ? null : diff;
        emit(
            ce.logits(),
            d ->
                new SoftmaxCrossEntropyBackward(
                    ce.logits(), ce.labels(), seed, d, ce.smoothing(), ce.weight()));
      }
      case ZeroPadShortcut pad ->
          emit(pad.src(), d -> new ZeroPadShortcutBackward(diff, d, pad.stride()));
      case Reshape reshape -> emit(reshape.src(), d -> new Reshape(diff, d));
      case Concat concat -> concat(concat, diff);
      case Eltwise e ->
          emit(
              e.src(),
              d -> new EltwiseBackward(e.src(), diff, d, e.function(), e.alpha(), e.beta()));
      case Binary b -> refuse(b);
      case Softmax b -> refuse(b);
      case LocalResponseNorm b -> refuse(b);
      case Transpose b -> refuse(b);
      case Pad b -> refuse(b);
      case Slice b -> refuse(b);
      case AdaptiveAvgPool2dBackward b -> refuse(b);
      case AvgPool2dBackward b -> refuse(b);
      case BatchNormBackward b -> refuse(b);
      case BiasGradient b -> refuse(b);
      case Cast b -> refuse(b);
      case ConcatBackward b -> refuse(b);
      case Quantize b -> refuse(b);
      case Dequantize b -> refuse(b);
      case QuantizedConv2d b -> refuse(b);
      case Conv2dBackwardData b -> refuse(b);
      case Conv2dBackwardWeights b -> refuse(b);
      case DropoutBackward b -> refuse(b);
      case EltwiseBackward b -> refuse(b);
      case GlobalAvgPoolBackward b -> refuse(b);
      case GradientClip b -> refuse(b);
      case AllReduce b -> refuse(b);
      case Lerp b -> refuse(b);
      case LinearBackwardData b -> refuse(b);
      case LinearBackwardWeights b -> refuse(b);
      case LossScaleUpdate b -> refuse(b);
      case MaxPool2dBackward b -> refuse(b);
      case Normalize b -> refuse(b);
      case ParameterUpdate b -> refuse(b);
      case ReluBackward b -> refuse(b);
      case SoftmaxCrossEntropyBackward b -> refuse(b);
      case TopK b -> refuse(b);
      case ZeroPadShortcutBackward b -> refuse(b);
    }
    return op;
  }

  private static void refuse(Op op) {
    throw new IllegalArgumentException("Gradients: no gradient is defined for " + op.kind());
  }

  private void convolution(Conv2d conv, Value diffDst) {
    Value diff = throughRelu(conv.relu(), conv.dst(), diffDst);
    if (conv.add() != null) {
      pass(conv.add(), diff);
    }
    Value bias = conv.bias();
    if (needed.contains(conv.weights())) {
      Value diffWeights = part(conv.weights());
      Value diffBias = bias != null && needed.contains(bias) ? part(bias) : null;
      backward.add(
          new Conv2dBackwardWeights(
              conv.src(), diff, diffWeights, diffBias, conv.window(), conv.groups()));
    } else {
      biasAlone(bias, diff);
    }
    emit(
        conv.src(),
        d -> new Conv2dBackwardData(diff, conv.weights(), d, conv.window(), conv.groups()));
  }

  private void biasAlone(@Nullable Value bias, Value diff) {
    if (bias != null) {
      emit(bias, d -> new BiasGradient(diff, d));
    }
  }

  private void linear(Linear linear, Value diff) {
    Value bias = linear.bias();
    if (needed.contains(linear.weights())) {
      Value diffWeights = part(linear.weights());
      Value diffBias = bias != null && needed.contains(bias) ? part(bias) : null;
      backward.add(new LinearBackwardWeights(linear.src(), diff, diffWeights, diffBias));
    } else {
      biasAlone(bias, diff);
    }
    emit(linear.src(), d -> new LinearBackwardData(diff, linear.weights(), d));
  }

  private Op batchNorm(BatchNorm norm, Value diff) {
    BatchNorm masked = norm;
    if (norm.relu() && norm.mask() == null) {
      Shape bits = Shape.of(BatchNorm.maskBytes(norm.src()));
      String name = unique(norm.dst().name() + ".mask");
      masked = norm.withMask(Value.activation(name, bits, DType.U8));
    }
    Value add = norm.add();
    Value diffAdd = null;
    if (add != null && needed.contains(add)) {
      if (norm.relu()) {
        diffAdd = part(add);
      } else {
        pass(add, diff);
      }
    }
    BatchNormBackward gradients =
        BatchNormBackward.of(
            masked, diff, part(norm.src()), part(norm.scale()), part(norm.shift()));
    backward.add(diffAdd == null ? gradients : gradients.withDiffAdd(diffAdd));
    return masked;
  }

  private void frozenBatchNorm(BatchNormInference norm, Value diffDst) {
    Value diff = throughRelu(norm.relu(), norm.dst(), diffDst);
    if (norm.add() != null) {
      pass(norm.add(), diff);
    }
    backward.add(
        BatchNormBackward.frozen(
            norm, diff, part(norm.src()), part(norm.scale()), part(norm.shift())));
  }

  private Op maxPool(MaxPool2d pool, Value diff) {
    Value known = pool.workspace();
    MaxPool2d kept =
        known != null ? pool : pool.withWorkspace(unique(pool.dst().name() + ".workspace"));
    Value workspace = requireNonNull(kept.workspace());
    emit(pool.src(), d -> new MaxPool2dBackward(diff, workspace, d, pool.window()));
    return kept;
  }

  private void concat(Concat concat, Value diff) {
    if (concat.srcs().stream().anyMatch(needed::contains)) {
      backward.add(new ConcatBackward(diff, concat.srcs().stream().map(this::part).toList()));
    }
  }

  private Value throughRelu(boolean relu, Value dst, Value diffDst) {
    if (!relu) {
      return diffDst;
    }
    Value diff = fresh("diff_" + dst.name() + ".relu", dst);
    backward.add(new ReluBackward(dst, diffDst, diff));
    return diff;
  }

  private void emit(Value src, Function<Value, Op> gradient) {
    if (needed.contains(src)) {
      backward.add(gradient.apply(part(src)));
    }
  }

  /** Lets a gradient reach a source unchanged. */
  private void pass(Value src, Value diff) {
    if (needed.contains(src)) {
      parts(src).add(diff);
    }
  }

  /** A new contribution to the gradient of a value. */
  private Value part(Value value) {
    Value part = fresh("diff_" + value.name(), value);
    if (needed.contains(value)) {
      parts(value).add(part);
    }
    return part;
  }

  /** The gradient of a value once all its readers have contributed; null if none has. */
  private @Nullable Value sum(Value value) {
    List<Value> summands = parts.get(value);
    if (summands == null) {
      return null;
    }
    while (summands.size() > 1) {
      Value dst = fresh("diff_" + value.name() + ".sum", value);
      backward.add(new Add(summands.removeFirst(), summands.removeFirst(), dst));
      summands.addFirst(dst);
    }
    return summands.getFirst();
  }

  /** Makes the gradient of a value asked for a result of its own. */
  private void finish(Value value) {
    Value gradient = sum(value);
    if (gradient != null && seeds.containsValue(gradient)) {
      Value copy = fresh("diff_" + value.name(), value);
      backward.add(new Reshape(gradient, copy));
      parts(value).set(0, copy);
    }
  }

  private List<Value> parts(Value value) {
    return parts.computeIfAbsent(value, v -> new ArrayList<>());
  }

  private Value fresh(String name, Value like) {
    return Value.activation(unique(name), like.shape(), like.dtype());
  }

  private String unique(String name) {
    String unique = name;
    for (int i = 1; !names.add(unique); i++) {
      unique = name + "." + i;
    }
    return unique;
  }
}
