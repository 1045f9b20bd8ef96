package dev.residual;

import dev.residual.graph.AdamWUpdate;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Graph;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Role;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * Seeded elements for the inputs, parameters and states of a graph.
 *
 * <p>Standard normal, but variances and learning rates are in [0.1, 1), scales of a loss powers of
 * two from 1/2 to 2^25, labels in the range of their classes, numbers of rows up to all, colours
 * and the bytes of quantised operations those of all bytes, other bytes 0 or 1. The same seed and
 * names give the same elements for every type but for rounding.
 */
public final class RandomInputs {
  private RandomInputs() {}

  /** A tensor for each value that is not computed. */
  public static Map<Value, Tensor> of(Graph graph, long seed) {
    return of(graph, seed, Random::nextGaussian);
  }

  /** The same with small integers, whose sums and products are exact, instead of normal numbers. */
  public static Map<Value, Tensor> integers(Graph graph, long seed) {
    return of(graph, seed, random -> random.nextInt(7) - 3);
  }

  private static Map<Value, Tensor> of(Graph graph, long seed, ToDoubleFunction<Random> numbers) {
    Set<Value> positive = new HashSet<>();
    Map<Value, Integer> classes = new HashMap<>();
    Set<Value> bytes = new HashSet<>();
    Set<Value> scales = new HashSet<>();
    for (Op op : graph.ops()) {
      switch (op) {
        case BatchNorm o -> positive.add(o.runningVariance());
        case BatchNormInference o -> positive.add(o.variance());
        case BatchNormBackward o -> positive.add(o.variance());
        case ParameterUpdate o -> {
          positive.add(o.learningRate());
          if (o instanceof AdamWUpdate adamW) {
            positive.add(adamW.variance());
            classes.put(adamW.steps(), 1000);
          }
        }
        case LossScaleUpdate o -> scales.add(o.scale());
        case SoftmaxCrossEntropy o -> classes.put(o.labels(), o.logits().shape().dim(1));
        case SoftmaxCrossEntropyBackward o -> classes.put(o.labels(), o.logits().shape().dim(1));
        case TopK o -> {
          classes.put(o.labels(), o.logits().shape().dim(1));
          if (o.rows() != null) {
            classes.put(o.rows(), o.logits().shape().dim(0) + 1);
          }
        }
        case Normalize o -> classes.put(o.src(), 256);
        case QuantizedConv2d o -> bytes.addAll(o.inputs());
        case Dequantize o -> bytes.add(o.src());
        default -> {}
      }
    }
    Map<Value, Tensor> inputs = new LinkedHashMap<>();
    for (Value value : graph.values()) {
      if (value.role() != Role.ACTIVATION) {
        Random random = new Random(seed * 31 + value.name().hashCode());
        int bound = bytes.contains(value) ? 256 : classes.getOrDefault(value, 2);
        ToDoubleFunction<Random> elements =
            positive.contains(value)
                ? r -> r.nextDouble(0.1, 1)
                : scales.contains(value) ? r -> Math.scalb(1.0, r.nextInt(-1, 26)) : numbers;
        inputs.put(value, fill(value, bound, random, elements));
      }
    }
    return inputs;
  }

  private static Tensor fill(
      Value value, int bound, Random random, ToDoubleFunction<Random> numbers) {
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    for (long i = 0; i < value.shape().elements(); i++) {
      if (value.dtype() == DType.I64) {
        tensor.data().set(ValueLayout.JAVA_LONG_UNALIGNED, 8 * i, random.nextLong());
      } else if (!value.dtype().isFloating()) {
        int number = random.nextInt(bound);
        tensor.set(i, value.dtype() == DType.S8 && bound == 256 ? number - 128 : number);
      } else {
        tensor.set(i, numbers.applyAsDouble(random));
      }
    }
    return tensor;
  }
}
